//! What the characters of an expression mean.
//!
//! In: a character. Out: whether it is a sign, an operator, a quote, a colon, a parenthesis or a
//! blank, in any of the forms that keyboards and pages have.

/// How many colons a character stands for.
pub(super) fn colons(character: char) -> usize {
    match character {
        ':' | '\u{FF1A}' | '\u{2236}' => 1,
        '\u{2237}' => 2,
        _ => 0,
    }
}

/// The colons at the beginning of a text: how many, and their bytes.
pub(super) fn leading_colons(text: &str) -> (usize, usize) {
    let colons = text.chars().map(|it| (colons(it), it.len_utf8()));
    let leading = colons.take_while(|&(n, _)| n > 0);
    leading.fold((0, 0), |(n, length), (more, bytes)| (n + more, length + bytes))
}

pub(super) fn opens(character: char) -> bool {
    matches!(character, '(' | '\u{FF08}')
}

pub(super) fn closes(character: char) -> bool {
    matches!(character, ')' | '\u{FF09}')
}

/// White space, and the characters without width that pages have in its place.
pub(super) fn is_blank(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{200B}' | '\u{2060}' | '\u{FEFF}')
}

/// Whether a word is written in quotes, since its characters mean something in an expression.
pub(super) fn is_special(character: char) -> bool {
    is_blank(character)
        || opens(character)
        || closes(character)
        || matches!(character, '*' | '[' | ']' | '{' | '}')
}

/// Minus signs, and the dashes that web pages and word processors print in their place.
fn is_minus(character: char) -> bool {
    matches!(
        character,
        '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE58}' | '\u{FE63}' | '\u{FF0D}'
    )
}

/// A sign, which no word begins with unless it is quoted: whether it is a minus.
pub(super) fn sign(character: char) -> Option<bool> {
    match character {
        '+' | '\u{FF0B}' => Some(false),
        _ => is_minus(character).then_some(true),
    }
}

/// The quotes of which each ends what this one begins, since languages pair them differently: none
/// for what is no quote.
pub(super) fn closing_quotes(opening: char) -> &'static [char] {
    match opening {
        '"' => &['"'],
        '\'' => &['\''],
        '\u{2018}' => &['\u{2019}'],
        '\u{201A}' => &['\u{2018}', '\u{2019}'],
        '\u{201C}' | '\u{201D}' => &['\u{201D}'],
        '\u{201E}' => &['\u{201C}', '\u{201D}'],
        '\u{2039}' => &['\u{203A}'],
        '\u{203A}' => &['\u{2039}'],
        '\u{AB}' => &['\u{BB}'],
        '\u{BB}' => &['\u{AB}'],
        _ => &[],
    }
}

/// A multiplication sign (false) or a division sign (true).
pub(super) fn operator(character: char) -> Option<bool> {
    match character {
        '*' | '\u{D7}' | '\u{2217}' | '\u{22C5}' | '\u{FF0A}' => Some(false),
        '/' | '\u{F7}' | '\u{2215}' | '\u{FF0F}' => Some(true),
        _ => None,
    }
}
