//! Wikitext as plain text.
//!
//! In: the source of a page of MediaWiki. Out: its text in paragraphs, with headings and items of
//! lists as lines. Left out: templates, tables, references, formulas, galleries, files, categories,
//! links to other languages, comments, magic words. Kept: what links show, what stands in other
//! tags.
//!
//! One pass with a stack of what is open: where something that is left out ends, the output is cut
//! back to where it began. So nothing is searched for ahead, except the ends of tags with a content
//! of their own; each such search that fails is not repeated. The time is linear in the length of
//! the page, and what is never closed leaves its text. Syntax:
//! <https://www.mediawiki.org/wiki/Help:Formatting>.

use super::entities;
use super::wikitext_names as names;
pub(super) use super::wikitext_names::Namespaces;

/// Bytes that may begin a mark.
const MARKS: [bool; 256] = {
    let mut marks = [false; 256];
    let bytes = b"{}[]<&'|_\n";
    let mut i = 0;
    while i < bytes.len() {
        marks[bytes[i] as usize] = true;
        i += 1;
    }
    marks
};

/// Adds the plain text of a page.
pub(super) fn push_plain_text(wikitext: &str, namespaces: &Namespaces, into: &mut String) {
    let mut parser = Parser {
        text: wikitext,
        bytes: wikitext.as_bytes(),
        at: 0,
        out: String::with_capacity(wikitext.len() / 2),
        open: Vec::new(),
        n_templates: 0,
        n_tables: 0,
        heading_end: None,
        unclosed: Vec::new(),
        namespaces,
    };
    parser.parse();
    push_clean(&parser.out, into);
}

/// Lines without spaces at their ends, at most one blank line between two.
fn push_clean(text: &str, into: &mut String) {
    let (start, mut n_blank) = (into.len(), 0);
    for line in text.lines() {
        let line = line.trim();
        if line.is_empty() {
            n_blank += 1;
            continue;
        }
        if into.len() > start {
            into.push_str(if n_blank > 0 { "\n\n" } else { "\n" });
        }
        into.push_str(line);
        n_blank = 0;
    }
    if into.len() > start {
        into.push('\n');
    }
}

struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    out: String,
    open: Vec<Open>,
    /// How many templates and parameters of templates are open.
    n_templates: usize,
    n_tables: usize,
    /// Where the marks at the end of a heading begin.
    heading_end: Option<usize>,
    /// Tags that are not closed in the rest of the page.
    unclosed: Vec<&'static str>,
    namespaces: &'a Namespaces,
}

/// What is open.
#[derive(Debug, Clone, Copy)]
struct Open {
    what: What,
    /// The length of the output before it.
    start: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    /// `{{`
    Template,
    /// `{{{`
    Parameter,
    /// `{|`
    Table,
    /// `[[`, up to the first `|`
    Target,
    /// What a link shows.
    Shown,
    /// A link that is left out: to a file, a category, another language.
    LeftOut,
    /// `[http://...`
    External,
}

impl Parser<'_> {
    fn parse(&mut self) {
        self.start_line();
        while self.at < self.bytes.len() {
            // A comment or a tag may have gone on beyond the heading.
            self.heading_end = self.heading_end.filter(|&end| end >= self.at);
            let end = self.heading_end.unwrap_or(self.bytes.len());
            let rest = &self.bytes[self.at..end];
            let length = rest.iter().position(|&byte| MARKS[byte as usize]).unwrap_or(rest.len());
            self.out.push_str(&self.text[self.at..self.at + length]);
            self.at += length;
            if self.heading_end == Some(self.at) {
                self.end_heading();
                continue;
            }
            match self.bytes.get(self.at) {
                None => break,
                Some(b'\n') => self.end_line(),
                Some(b'{') => self.open_braces(),
                Some(b'}') => self.close_braces(),
                Some(b'[') => self.open_brackets(),
                Some(b']') => self.close_brackets(),
                Some(b'|') => self.bar(),
                Some(b'<') => self.tag(),
                Some(b'&') => {
                    self.at += entities::push_reference(&self.text[self.at..], &mut self.out);
                }
                Some(b'\'') => self.quotes(),
                Some(_) => self.underscores(),
            }
        }
    }

    /// The number of bytes like the one here, from here on.
    fn run(&self) -> usize {
        let rest = &self.bytes[self.at..];
        rest.iter().take_while(|&&byte| byte == rest[0]).count()
    }

    fn begins(&self, mark: &str) -> bool {
        self.bytes[self.at..].starts_with(mark.as_bytes())
    }

    fn push(&mut self, what: What) {
        match what {
            What::Template | What::Parameter => self.n_templates += 1,
            What::Table => self.n_tables += 1,
            _ => {}
        }
        self.open.push(Open { what, start: self.out.len() });
    }

    fn pop(&mut self) -> Option<Open> {
        let open = self.open.pop()?;
        match open.what {
            What::Template | What::Parameter => self.n_templates -= 1,
            What::Table => self.n_tables -= 1,
            _ => {}
        }
        Some(open)
    }

    /// Closes the innermost that is looked for, and what is open within; leaves it out.
    fn leave_out(&mut self, is_looked_for: fn(What) -> bool) -> Option<What> {
        while let Some(open) = self.pop() {
            if is_looked_for(open.what) {
                self.out.truncate(open.start);
                return Some(open.what);
            }
        }
        None
    }

    fn top(&self) -> Option<What> {
        self.open.last().map(|open| open.what)
    }

    // --- Lines. ---

    fn end_line(&mut self) {
        self.at += 1;
        self.out.push('\n');
        // The target of a link does not go over a line, nor an external link.
        while matches!(self.top(), Some(What::Target | What::External)) {
            self.pop();
        }
        if self.bytes.get(self.at) == Some(&b'\n') {
            // What a link shows does not go over a paragraph.
            while self.top() == Some(What::Shown) {
                self.pop();
            }
        }
        self.start_line();
    }

    fn skip_spaces(&mut self) {
        let rest = &self.bytes[self.at..];
        self.at += rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    }

    /// Marks that count at the beginning of a line alone.
    fn start_line(&mut self) {
        self.skip_spaces();
        let is_mark_of_list = |byte: &&u8| matches!(byte, b'*' | b'#' | b':' | b';');
        self.at += self.bytes[self.at..].iter().take_while(is_mark_of_list).count();
        self.skip_spaces();
        if self.begins("{|") {
            self.push(What::Table);
            self.at += 2;
        } else if self.begins("|}") && self.n_tables > 0 && !self.is_end_of_template() {
            self.leave_out(|what| what == What::Table);
            self.at += 2;
        } else if self.begins("----") {
            self.at += self.run();
        } else if self.begins("=") {
            self.start_heading();
        }
    }

    /// `|}}` ends a template whose last parameter is empty; `|}}}` ends a table within a template.
    fn is_end_of_template(&self) -> bool {
        self.begins("|}}")
            && !self.begins("|}}}")
            && matches!(self.top(), Some(What::Template | What::Parameter))
    }

    /// `== Heading ==`, on a line of its own.
    fn start_heading(&mut self) {
        let rest = &self.text[self.at..];
        let line = rest.split('\n').next().unwrap_or(rest);
        let line = match line.rfind("<!--") {
            Some(comment) if line.trim_end().ends_with("-->") => &line[..comment],
            _ => line,
        };
        let line = line.trim_end();
        let inner = line.trim_matches('=');
        let n_before = self.run();
        let n_after = line.len() - line.trim_end_matches('=').len();
        if inner.trim().is_empty() || n_after == 0 {
            return;
        }
        let level = n_before.min(n_after).min(6);
        self.out.push('\n');
        self.at += level;
        self.heading_end = Some(self.at - level + line.len() - level);
    }

    fn end_heading(&mut self) {
        self.heading_end = None;
        self.at += self.run();
        self.out.push('\n');
    }

    // --- Templates and tables. ---

    fn open_braces(&mut self) {
        let n = self.run();
        self.at += n;
        if n == 1 {
            return self.out.push('{');
        }
        let is_odd = n % 2 == 1;
        for _ in 0..n / 2 - usize::from(is_odd) {
            self.push(What::Template);
        }
        if is_odd {
            self.push(What::Parameter);
        }
    }

    fn close_braces(&mut self) {
        let mut n = self.run();
        self.at += n;
        while n >= 2 && self.n_templates > 0 {
            let closed = self.leave_out(|what| matches!(what, What::Template | What::Parameter));
            n -= if closed == Some(What::Parameter) { n.min(3) } else { 2 };
        }
        if n == 1 {
            self.out.push('}');
        }
    }

    // --- Links. ---

    fn open_brackets(&mut self) {
        if self.begins("[[") {
            self.at += 2;
            // The target of a link holds no link: what seemed one is text.
            if self.top() == Some(What::Target) {
                self.pop();
            }
            return self.push(What::Target);
        }
        self.at += 1;
        let rest = &self.bytes[self.at..];
        let begins = |scheme: &&str| {
            rest.get(..scheme.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(scheme.as_bytes()))
        };
        if !names::SCHEMES.iter().any(begins) {
            return self.out.push('[');
        }
        let is_of_address = |byte: &&u8| !matches!(byte, b' ' | b'\t' | b'\n' | b']' | b'[' | b'<');
        self.at += rest.iter().take_while(is_of_address).count();
        self.skip_spaces();
        self.push(What::External);
    }

    fn close_brackets(&mut self) {
        let is_double = self.begins("]]");
        if self.top() == Some(What::External) {
            self.pop();
            self.at += 1;
            return;
        }
        let is_link = matches!(self.top(), Some(What::Target | What::Shown | What::LeftOut));
        if !is_double || !is_link {
            self.at += 1;
            return self.out.push(']');
        }
        self.at += 2;
        let Some(open) = self.pop() else { return };
        let target = &self.out[open.start..];
        match open.what {
            What::LeftOut => self.out.truncate(open.start),
            What::Target if self.namespaces.leave_out(target) => self.out.truncate(open.start),
            // `[[:Category:Kings]]` shows the name of what it links to.
            What::Target if target.starts_with(':') => {
                self.out.remove(open.start);
            }
            _ => {}
        }
    }

    fn bar(&mut self) {
        self.at += 1;
        match self.open.last_mut() {
            Some(Open { what: what @ What::Target, start }) => {
                let is_left_out = self.namespaces.leave_out(&self.out[*start..]);
                *what = if is_left_out { What::LeftOut } else { What::Shown };
                self.out.truncate(*start);
            }
            _ => self.out.push('|'),
        }
    }

    // --- Tags. ---

    fn tag(&mut self) {
        if self.begins("<!--") {
            let rest = &self.bytes[self.at..];
            let end = memchr::memmem::find(rest, b"-->").map_or(rest.len(), |end| end + 3);
            self.at += end;
            return;
        }
        let rest = &self.bytes[self.at + 1..];
        let is_end = rest.first() == Some(&b'/');
        let rest = &rest[usize::from(is_end)..];
        let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        let name = &rest[..length];
        // Attributes hold no `<`; a text with `<` goes on to the next.
        let end = rest[length..].iter().position(|byte| matches!(byte, b'<' | b'>'));
        let end = end.filter(|&end| rest[length + end] == b'>');
        let (Some(tag), Some(end)) = (names::tag(name), end) else {
            self.at += 1;
            return self.out.push('<');
        };
        let is_empty = end > 0 && rest[length + end - 1] == b'/';
        self.at += 1 + usize::from(is_end) + length + end + 1;
        match tag.kind {
            _ if is_end && tag.kind != names::TagKind::Block => {}
            names::TagKind::Inline => {}
            names::TagKind::Space => self.out.push(' '),
            names::TagKind::Block => self.out.push('\n'),
            names::TagKind::LeftOut | names::TagKind::Literal if is_empty => {}
            names::TagKind::LeftOut => {
                if let Some((_, end)) = self.find_end(tag.name) {
                    self.at = end;
                }
            }
            names::TagKind::Literal => {
                if let Some((start, end)) = self.find_end(tag.name) {
                    entities::push_decoded(&self.text[self.at..start], &mut self.out);
                    self.at = end;
                }
            }
        }
    }

    /// Where the end tag of this name begins and ends.
    fn find_end(&mut self, name: &'static str) -> Option<(usize, usize)> {
        if self.unclosed.contains(&name) {
            return None;
        }
        let mut at = self.at;
        while let Some(distance) = memchr::memmem::find(&self.bytes[at..], b"</") {
            let start = at + distance;
            let after = start + 2 + name.len();
            let is_name = self
                .bytes
                .get(start + 2..after)
                .is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()));
            if is_name && !self.bytes.get(after).is_some_and(u8::is_ascii_alphanumeric) {
                let end = memchr::memchr2(b'>', b'\n', &self.bytes[after..]);
                return Some((start, end.map_or(self.bytes.len(), |end| after + end + 1)));
            }
            at = start + 2;
        }
        self.unclosed.push(name);
        None
    }

    // --- Marks within words. ---

    /// Two quotes are for italic, three for bold, five for both.
    fn quotes(&mut self) {
        let n = self.run();
        self.at += n;
        let n_shown = match n {
            1 => 1,
            4 => 1,
            2 | 3 | 5 => 0,
            _ => n - 5,
        };
        self.out.extend(std::iter::repeat_n('\'', n_shown));
    }

    /// `__NOTOC__`, in any language.
    fn underscores(&mut self) {
        let n = self.run();
        let rest = &self.text[self.at + n..];
        let end = rest.char_indices().take(40).find(|(_, character)| !character.is_uppercase());
        match end {
            Some((end, '_')) if n == 2 && end > 0 && rest[end..].starts_with("__") => {
                self.at += n + end + 2;
            }
            _ => {
                self.out.push_str(&self.text[self.at..self.at + n]);
                self.at += n;
            }
        }
    }
}

#[cfg(test)]
#[path = "wikitext_tests.rs"]
mod tests;
