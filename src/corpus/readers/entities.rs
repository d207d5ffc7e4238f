//! Character references and named entities: `&#233;`, `&#xE9;`, `&eacute;`.
//!
//! In: a name without `&` and `;`. Out: its characters. The names are those of HTML 5, of which the
//! five of XML are a part; quick-xml has the table.

use quick_xml::escape::resolve_html5_entity;

/// No name of an entity is longer; a `;` farther away does not belong to the `&`.
const LONGEST_NAME: usize = 32;

/// The characters of an entity of HTML.
pub(super) fn named(name: &str) -> Option<&'static str> {
    resolve_html5_entity(name)
}

/// The character of `#233` or `#xE9`; `None` if it is no number of a character.
pub(super) fn numbered(name: &str) -> Option<char> {
    let number = name.strip_prefix('#')?;
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16),
        None => number.parse(),
    };
    code.ok().and_then(char::from_u32).filter(|&character| character != '\0')
}

/// Adds the characters of the reference with which `text`, from its `&` on, begins. Returns the
/// number of bytes it takes; without a reference there, the `&` stands for itself.
pub(super) fn push_reference(text: &str, into: &mut String) -> usize {
    debug_assert!(text.starts_with('&'), "a reference begins with `&`");
    let window = &text.as_bytes()[1..text.len().min(LONGEST_NAME + 2)];
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'#';
    let length = window.iter().take_while(|byte| is_of_name(byte)).count();
    if window.get(length) == Some(&b';') {
        let name = &text[1..=length];
        if let Some(character) = numbered(name) {
            into.push(character);
            return length + 2;
        }
        if let Some(characters) = named(name) {
            into.push_str(characters);
            return length + 2;
        }
    }
    into.push('&');
    1
}

/// Whether a text refers to an entity that is none of HTML.
pub(super) fn has_unknown(text: &str) -> bool {
    text.split('&').skip(1).any(|rest| {
        let name = rest.split(';').next().filter(|name| name.len() < rest.len());
        name.is_some_and(|name| {
            let is_of_name = |it: char| it.is_alphanumeric() || "#-._:".contains(it);
            let is_name = !name.is_empty() && name.chars().all(is_of_name);
            is_name && numbered(name).is_none() && named(name).is_none()
        })
    })
}

/// Adds `text` with its references replaced; what is none stands as it is.
pub(super) fn push_decoded(text: &str, into: &mut String) {
    let mut rest = text;
    while let Some(position) = memchr::memchr(b'&', rest.as_bytes()) {
        into.push_str(&rest[..position]);
        let length = push_reference(&rest[position..], into);
        rest = &rest[position + length..];
    }
    into.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_become_characters_and_the_rest_stays() {
        let decoded = |text: &str| {
            let mut into = String::new();
            push_decoded(text, &mut into);
            into
        };
        assert_eq!(decoded("caf&eacute; &#233;&#xE9; &amp;amp;"), "café éé &amp;");
        assert_eq!(decoded("a&nbsp;b &rlm;"), "a\u{A0}b \u{200F}");
        assert_eq!(decoded("R&D; Q&A &; &#; &#0; &#xD800; &"), "R&D; Q&A &; &#; &#0; &#xD800; &");
        assert_eq!(decoded("&ampé;"), "&ampé;");
    }
}
