//! Which columns of a dictionary hold the source words and the target words.
//!
//! In: the first line of a file, and its name; or its rows, if it has no heading. Out: two places.
//! A heading says `source` and `target`, or names two languages: in full, or by the codes that the
//! name of the file has, as `en` and `es` in `en-es.csv`. Other columns may stand before, between
//! and behind the two.

use std::path::Path;

use crate::tables::{Sheet, heading_name, is_part_of_speech, number, stem};

/// Headings of the two columns, without blanks, signs and capitals.
const HEADINGS: [[&str; 2]; 11] = [
    ["source", "target"],
    ["src", "tgt"],
    ["src", "trg"],
    ["sourceword", "targetword"],
    ["sourcelanguage", "targetlanguage"],
    ["from", "to"],
    ["word", "translation"],
    ["word1", "word2"],
    ["entry", "translation"],
    ["lemma", "translation"],
    ["term", "translation"],
];

/// Names of languages, which head columns.
const LANGUAGES: [&str; 40] = [
    "arabic",
    "basque",
    "bulgarian",
    "catalan",
    "chinese",
    "croatian",
    "czech",
    "danish",
    "deutsch",
    "dutch",
    "english",
    "espanol",
    "español",
    "estonian",
    "finnish",
    "francais",
    "français",
    "french",
    "german",
    "greek",
    "hebrew",
    "hindi",
    "hungarian",
    "indonesian",
    "italian",
    "italiano",
    "japanese",
    "korean",
    "latin",
    "norwegian",
    "persian",
    "polish",
    "portuguese",
    "romanian",
    "russian",
    "spanish",
    "swedish",
    "turkish",
    "ukrainian",
    "vietnamese",
];

/// Rows that show that a column counts them, or holds parts of speech.
const FEWEST_ROWS: usize = 3;

/// The places of source and target that a heading names; `None` if the line is no heading.
pub(super) fn of_heading(cells: &[String], path: &Path) -> Option<[usize; 2]> {
    let names: Vec<String> = cells.iter().map(|cell| heading_name(cell)).collect();
    let place = |wanted: &str| names.iter().position(|name| name == wanted);
    let named = HEADINGS.iter().find_map(|[source, target]| Some([place(source)?, place(target)?]));
    if named.is_some() {
        return named;
    }
    // `en` and `es` are words too, so that the name of the file must have them.
    let file = stem(path).to_lowercase();
    let codes: Vec<&str> = file
        .split(|it: char| !it.is_alphanumeric())
        .filter(|part| (2..=3).contains(&part.chars().count()))
        .collect();
    let first_two = |is_language: &dyn Fn(&str) -> bool| {
        let mut places = (0..names.len()).filter(|&place| is_language(&names[place]));
        let left = places.next()?;
        Some([left, places.find(|&right| names[right] != names[left])?])
    };
    first_two(&|name| LANGUAGES.contains(&name))
        .or_else(|| first_two(&|name| codes.contains(&name)))
}

/// The places of source and target in a file without a heading, where numbers of the rows stand
/// before them or parts of speech between them; `None` if they are the first two columns.
pub(super) fn of_rows(sheet: &Sheet) -> Option<[usize; 2]> {
    let first = sheet.cells(sheet.lines.first()?).ok()?;
    if sheet.lines.len() < FEWEST_ROWS || first.len() < 3 {
        return None;
    }
    let rows: Vec<Vec<String>> =
        sheet.lines.iter().map(|line| sheet.cells(line).ok()).collect::<Option<_>>()?;
    if rows.iter().any(|cells| cells.len() != first.len()) {
        return None;
    }
    let counts = rows.windows(2).all(|two| {
        number(&two[0][0]).zip(number(&two[1][0])).is_some_and(|(left, right)| right == left + 1.0)
    });
    let source = usize::from(counts);
    let are_tags = rows.iter().all(|cells| is_part_of_speech(&cells[source + 1]));
    let target = source + 1 + usize::from(are_tags);
    let is_word = |place: usize| {
        rows.iter().all(|cells| {
            cells.get(place).is_some_and(|cell| !cell.is_empty() && number(cell).is_none())
        })
    };
    ((counts || are_tags) && is_word(source) && is_word(target)).then_some([source, target])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::Comments;

    #[test]
    fn headings_name_the_columns_in_any_order_and_place() {
        let of = |line: &str, file: &str| {
            let cells: Vec<String> = line.split(',').map(str::to_owned).collect();
            of_heading(&cells, Path::new(file))
        };
        for (line, file, expected) in [
            ("english,pos,spanish", "d.csv", Some([0, 2])),
            ("id,English,Spanish", "d.csv", Some([1, 2])),
            ("word,pos,translation", "d.csv", Some([0, 2])),
            ("target,x,source", "d.csv", Some([2, 0])),
            (",source,target", "d.csv", Some([1, 2])),
            ("es,en", "en-es.csv", Some([0, 1])),
            ("n,en,pos,es", "my_en-es.csv", Some([1, 3])),
            ("es,en", "d.csv", None),
            ("en,fr", "en-es.csv", None),
            ("en,en", "en-es.csv", None),
            ("english,ingles", "d.csv", None),
            ("english,english", "d.csv", None),
        ] {
            assert_eq!(of(line, file), expected, "{line} in {file}");
        }
    }

    #[test]
    fn numbers_of_rows_and_parts_of_speech_are_no_words() {
        let of = |lines: &str| {
            let text = lines.replace(',', "\n");
            let sheet = Sheet::read(text.as_bytes(), Path::new("d"), Comments::Above, &|_| Ok(()));
            of_rows(&sheet.unwrap())
        };
        for (lines, expected) in [
            ("1 house casa,2 sea mar,3 sun sol", Some([1, 2])),
            ("7 house n casa,8 sea n mar,9 go v ir", Some([1, 3])),
            ("house n casa,sea n mar,go v ir", Some([0, 2])),
            ("house N. casa,sea n mar,big adj. grande", Some([0, 2])),
            ("house \u{5BB6} jia,sea \u{6D77} hai,sun \u{65E5} ri", None),
            ("house casa n,sea mar n,go ir v", None),
            ("1 uno 5,2 dos 7,3 tres 9", None),
            ("1 uno x1,3 tres x2,2 dos x3", None),
            ("house n casa,sea n mar", None),
            ("a a 1,b b 2,c c 3", None),
            ("house casa,sea mar,sun sol", None),
        ] {
            assert_eq!(of(lines), expected, "{lines}");
        }
    }
}
