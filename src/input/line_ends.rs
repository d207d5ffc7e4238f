//! How the lines of a text end: LF, CRLF, or CR alone, as in texts of old Macintosh programs.

/// What ends a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineEnds {
    /// LF, with or without CR before it.
    Lf,
    /// CR alone.
    Cr,
}

impl LineEnds {
    /// Bytes of a text that the choice rests on.
    pub(crate) const LOOKED_AT: usize = 64 << 10;

    /// The ends of lines in a text that begins with `head`: CR if it holds CR and no LF.
    pub(crate) fn of(head: &[u8]) -> Self {
        // A CR at the end of what is looked at may belong to a LF that is not seen.
        let inner = match head {
            [inner @ .., b'\r'] if head.len() >= Self::LOOKED_AT => inner,
            _ => head,
        };
        if memchr::memchr(b'\n', head).is_none() && memchr::memchr(b'\r', inner).is_some() {
            Self::Cr
        } else {
            Self::Lf
        }
    }

    /// Makes every line end with LF. A CR before a LF stays.
    pub(crate) fn unify(self, text: &mut [u8]) {
        if self == Self::Cr {
            text.iter_mut().filter(|byte| **byte == b'\r').for_each(|byte| *byte = b'\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carriage_returns_end_lines_only_where_nothing_else_does() {
        for (text, ends, unified) in [
            ("a\rb\r", LineEnds::Cr, "a\nb\n"),
            ("a\r", LineEnds::Cr, "a\n"),
            ("a\r\nb\r\n", LineEnds::Lf, "a\r\nb\r\n"),
            ("a\rb\n", LineEnds::Lf, "a\rb\n"),
            ("a", LineEnds::Lf, "a"),
            ("", LineEnds::Lf, ""),
        ] {
            assert_eq!(LineEnds::of(text.as_bytes()), ends, "{text:?}");
            let mut bytes = text.as_bytes().to_vec();
            ends.unify(&mut bytes);
            assert_eq!(bytes, unified.as_bytes());
        }
        let mut long = vec![b'a'; LineEnds::LOOKED_AT];
        *long.last_mut().unwrap() = b'\r';
        assert_eq!(LineEnds::of(&long), LineEnds::Lf);
        long[9] = b'\r';
        assert_eq!(LineEnds::of(&long), LineEnds::Cr);
    }
}
