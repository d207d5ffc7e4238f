//! Lists of values in memory and in files, which hold the same.

use super::*;
use proptest::prelude::*;

#[test]
fn a_list_in_memory_is_a_vector() {
    let mut list = ValueList::default();
    list.extend([3u32, 1]);
    list.push(2);
    list.flush().unwrap();
    assert_eq!((list.len(), list.last()), (3, Some(2)));
    // Nothing is copied.
    assert!(matches!(list.read(1..3).unwrap(), Cow::Borrowed([1, 2])));
    assert_eq!(list.take(0..2).unwrap(), [3, 1]);
    assert_eq!((list.take(0..3).unwrap(), list.len()), (vec![3, 1, 2], 0));
    assert_eq!(ValueList::<u64>::default().last(), None);
}

#[test]
fn a_list_in_a_file_holds_little() {
    let folder = tempfile::tempdir().unwrap();
    let mut list = ValueList::in_folder(folder.path()).unwrap();
    let n_numbers = GATHERED_BYTES as u64;
    for start in (0..n_numbers).step_by(1000) {
        list.extend(start..(start + 1000).min(n_numbers));
        list.flush().unwrap();
        assert!(list.memory_bytes() < 3 * GATHERED_BYTES as u64);
    }
    let mut expected = 0..n_numbers;
    list.for_each_part(12_345, |_, part| {
        assert!(part.iter().all(|&number| expected.next() == Some(number)));
        Ok(())
    })
    .unwrap();
    assert_eq!((expected.next(), list.last()), (None, Some(n_numbers - 1)));
    assert_eq!(list.partition_point(|number| number < 777_777).unwrap(), 777_777);
    assert!(list.is_on_disk() && list.empty_like::<u32>().unwrap().is_on_disk());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn floats_of_a_file_are_mapped_and_few_are_held() {
    let folder = tempfile::tempdir().unwrap();
    let (width, n_rows) = (3 * GATHERED_BYTES / 32, 7);
    let filled = |mut list: ValueList<f32>, most: usize| {
        for row in 0..n_rows {
            let values = list.extend_zeroed(width).unwrap();
            values
                .iter_mut()
                .enumerate()
                .for_each(|(at, value)| *value = (row * width + at) as f32);
            assert!(list.recent.len() <= most);
        }
        list.into_floats().unwrap()
    };
    let owned = filled(ValueList::default(), usize::MAX);
    let list = ValueList::in_folder(folder.path()).unwrap();
    let mapped = filled(list, GATHERED_BYTES / 4 + width);
    assert!(owned == mapped && owned.is_owned() && !mapped.is_owned());
}

proptest! {
    #[test]
    fn any_part_comes_back(
        numbers in prop::collection::vec(any::<u32>(), 0..60),
        spilled_at in 0usize..60,
        a in 0usize..60,
        b in 0usize..60,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut list = ValueList::default();
        let (before, after) = numbers.split_at(spilled_at.min(numbers.len()));
        list.extend(before.iter().copied());
        list.spill(folder.path()).unwrap();
        list.extend(after.iter().copied());
        prop_assert_eq!((list.len(), list.last()), (numbers.len(), numbers.last().copied()));
        let (a, b) = (a.min(numbers.len()), b.min(numbers.len()));
        let range = a.min(b)..a.max(b);
        prop_assert_eq!(&*list.read(range.clone()).unwrap(), &numbers[range]);
    }

    #[test]
    fn what_is_rewritten_is_the_same_in_memory_and_in_a_file(
        values in prop::collection::vec(0u32..9, 0..60),
        n in 1usize..9,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let expected: Vec<u32> =
            values.iter().filter(|&&value| value < 5).map(|value| value + 1).collect();
        for folder in [None, Some(folder.path())] {
            let list = ValueList::from_vec(values.clone(), folder).unwrap();
            let rewritten = list.rewrite(n, |start, part| {
                assert_eq!(part, &values[start..start + part.len()]);
                let mut n_kept = 0;
                for at in 0..part.len() {
                    if part[at] < 5 {
                        part[n_kept] = part[at] + 1;
                        n_kept += 1;
                    }
                }
                Ok(n_kept)
            }).unwrap();
            prop_assert_eq!(rewritten.is_on_disk(), folder.is_some());
            prop_assert_eq!(&*rewritten.read(0..rewritten.len()).unwrap(), &expected);
            let mut cursor = Cursor::of_range(&rewritten, expected.len() / 2..expected.len());
            let mut found = Vec::new();
            while let Some(value) = cursor.next_up_to(u32::MAX).unwrap() {
                found.push(value);
            }
            prop_assert_eq!(&found, &expected[expected.len() / 2..]);
        }
    }
}
