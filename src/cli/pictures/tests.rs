//! What holds for every picture, and the writers.

use super::fonts::{Fonts, Weight};
use super::labels::Rect;
use super::scene::{Item, Scene, Step, Text};

/// Where a line of text is.
pub(crate) fn rect(text: &Text) -> Rect {
    let (width, top) = (text.run.width * text.size, text.run.top * text.size);
    let bottom = text.run.bottom * text.size;
    if text.upright {
        return Rect {
            left: text.x - top,
            right: text.x - bottom,
            top: text.y - width,
            bottom: text.y,
        };
    }
    Rect { left: text.x, right: text.x + width, top: text.y - top, bottom: text.y - bottom }
}

/// Asserts that a picture is finite and within its frame, and that no text lies on another.
#[track_caller]
pub(crate) fn check(scene: &Scene) {
    let frame = Rect { left: 0.0, top: 0.0, right: scene.width, bottom: scene.height };
    let mut texts: Vec<(Rect, &str)> = Vec::new();
    for item in &scene.items {
        match item {
            Item::Circle { x, y, radius, .. } => {
                assert!(frame.holds(&Rect::around([*x, *y], *radius)), "{item:?}");
            }
            Item::Path { steps, .. } => {
                for step in steps {
                    let places = match *step {
                        Step::Move(x, y) | Step::Line(x, y) => vec![[x, y]],
                        Step::Cubic([a, b, c, d, e, f]) => vec![[a, b], [c, d], [e, f]],
                        Step::Close => vec![],
                    };
                    for place in places {
                        assert!(frame.holds(&Rect::around(place, 0.0)), "{step:?} in {frame:?}");
                    }
                }
            }
            Item::Text(text) => {
                let rect = rect(text);
                assert!(frame.holds(&rect), "`{}` at {rect:?} in {frame:?}", text.run.text);
                // Half a hundredth is rounding.
                let inner = Rect {
                    left: rect.left + 0.005,
                    top: rect.top + 0.005,
                    right: rect.right - 0.005,
                    bottom: rect.bottom - 0.005,
                };
                if let Some((_, other)) = texts.iter().find(|(it, _)| it.overlaps(&inner)) {
                    panic!("`{}` lies on `{other}`", text.run.text);
                }
                texts.push((rect, &text.run.text));
            }
        }
    }
}

#[test]
fn widths_are_those_of_the_font() {
    let mut fonts = Fonts::open(&[]).unwrap();
    // The advances of `H` and `i` in DejaVu Sans Condensed, of 2048 units.
    let (wide, narrow) = (fonts.shape("H", Weight::Regular), fonts.shape("i", Weight::Regular));
    assert!((wide.width - 1386.0 / 2048.0).abs() < 1e-3, "{}", wide.width);
    assert!((narrow.width - 512.0 / 2048.0).abs() < 1e-3, "{}", narrow.width);
    let bold = fonts.shape("H", Weight::Bold);
    assert!(bold.width > wide.width);
    let both = fonts.shape("Hi", Weight::Regular);
    assert!((both.width - wide.width - narrow.width).abs() < 1e-3);
}
