use proptest::prelude::*;

use super::*;

const FRAME: Rect = Rect { left: 0.0, top: 0.0, right: 300.0, bottom: 200.0 };

fn label(point: [f32; 2], width: f32) -> Label {
    Label { point, reach: Some(3.0), width, height: 8.0, weight: 40.0 }
}

fn marks(labels: &[Label]) -> Obstacles {
    let marks = labels.iter().filter_map(|it| it.reach.map(|reach| Rect::around(it.point, reach)));
    Obstacles { marks: marks.collect(), lines: Vec::new() }
}

/// Asserts all that is promised of places.
fn check(labels: &[Label], obstacles: &Obstacles, places: &[Option<Place>]) {
    assert_eq!(labels.len(), places.len());
    for (number, (label, place)) in labels.iter().zip(places).enumerate() {
        let Some(place) = place else { continue };
        assert!(FRAME.holds(&place.rect), "{place:?}");
        assert!((place.rect.width() - label.width).abs() < 1e-3);
        assert!(obstacles.marks.iter().all(|mark| !mark.overlaps(&place.rect)), "{place:?}");
        for other in places[number + 1..].iter().flatten() {
            assert!(!place.rect.overlaps(&other.rect), "{place:?} and {other:?}");
            for (line, rect) in [(place.leader, other.rect), (other.leader, place.rect)] {
                assert!(line.is_none_or(|line| !rect.is_crossed(&line)), "{place:?}, {other:?}");
            }
        }
    }
}

#[test]
fn a_name_alone_stands_at_the_upper_right() {
    let labels = [label([100.0, 100.0], 40.0)];
    let [Some(place)] = super::place(&labels, &marks(&labels), &FRAME, 1)[..] else { panic!() };
    assert!(place.rect.left > 100.0 && place.rect.bottom < 100.0 && place.leader.is_none());
}

#[test]
fn a_name_in_a_corner_turns_inwards() {
    for (point, is_left) in [([297.0, 4.0], true), ([4.0, 197.0], false)] {
        let labels = [label(point, 40.0)];
        let [Some(place)] = super::place(&labels, &marks(&labels), &FRAME, 1)[..] else { panic!() };
        assert_eq!(place.rect.right < point[0], is_left);
    }
}

#[test]
fn points_side_by_side_are_all_named() {
    // Nine points in a square, as near as their names are high: only some places fit together.
    let points = (0..9u8).map(|k| [140.0 + 12.0 * f32::from(k % 3), 90.0 + 9.0 * f32::from(k / 3)]);
    let labels: Vec<Label> = points.map(|point| label(point, 30.0)).collect();
    let places = super::place(&labels, &marks(&labels), &FRAME, 42);
    check(&labels, &marks(&labels), &places);
    assert!(places.iter().all(Option::is_some));
}

#[test]
fn the_heavier_of_two_names_for_one_place_stays() {
    // The frame has room for one name.
    let frame = Rect { left: 0.0, top: 0.0, right: 50.0, bottom: 12.0 };
    let mut labels = vec![label([5.0, 6.0], 36.0), label([5.0, 6.0], 36.0)];
    labels[1].weight = 80.0;
    let places = super::place(&labels, &marks(&labels), &frame, 42);
    assert!(places[0].is_none() && places[1].is_some());
}

#[test]
fn a_line_through_a_rectangle_crosses_it() {
    let rect = Rect { left: 10.0, top: 10.0, right: 20.0, bottom: 20.0 };
    for (line, crosses) in [
        ([[0.0, 15.0], [30.0, 15.0]], true),
        ([[0.0, 0.0], [30.0, 30.0]], true),
        ([[12.0, 12.0], [13.0, 14.0]], true),
        ([[0.0, 15.0], [9.0, 15.0]], false),
        ([[0.0, 25.0], [25.0, 0.0]], true),
        ([[0.0, 19.0], [19.0, 0.0]], false),
        ([[0.0, 5.0], [30.0, 5.0]], false),
        // Along an edge is beside it.
        ([[0.0, 10.0], [30.0, 10.0]], false),
    ] {
        assert_eq!(rect.is_crossed(&line), crosses, "{line:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_two_names_overlap_and_none_covers_a_mark(
        points in prop::collection::vec(
            (0.0..300.0f32, 0.0..200.0f32, 1.0..120.0f32, 0.0..4.0f64, any::<bool>()),
            0..60,
        ),
        lines in prop::collection::vec(
            (0.0..300.0f32, 0.0..200.0f32, 0.0..300.0f32, 0.0..200.0f32),
            0..4,
        ),
        seed: u64,
    ) {
        let labels: Vec<Label> = points
            .iter()
            .map(|&(x, y, width, weight, has_mark)| Label {
                reach: has_mark.then_some(2.5),
                weight: 40.0 * weight,
                ..label([x, y], width)
            })
            .collect();
        let mut obstacles = marks(&labels);
        obstacles.lines = lines.iter().map(|&(a, b, c, d)| [[a, b], [c, d]]).collect();
        let places = super::place(&labels, &obstacles, &FRAME, seed);
        check(&labels, &obstacles, &places);
        prop_assert_eq!(&places, &super::place(&labels, &obstacles, &FRAME, seed));
    }

    #[test]
    fn names_of_one_place_never_overlap(n in 1usize..40, seed: u64) {
        let labels = vec![label([150.0, 100.0], 40.0); n];
        let places = super::place(&labels, &marks(&labels), &FRAME, seed);
        check(&labels, &marks(&labels), &places);
        prop_assert!(places.iter().flatten().count() >= n.min(6));
    }
}
