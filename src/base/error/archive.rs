//! What can be wrong with an archive: data of an error.

use std::fmt;
use std::io;

/// Members of an archive that a message names.
pub(crate) const NAMED: usize = 3;

/// Why an archive cannot be used.
#[derive(Debug)]
#[non_exhaustive]
pub enum ArchiveFault {
    /// It ends early or is damaged.
    Damaged(io::Error),
    /// A zip archive comes from a pipe, or stands within another file: its list of members is at
    /// its end.
    NotSeekable,
    /// A member can be read with a password only.
    Encrypted {
        /// The member.
        member: String,
    },
    /// A member is compressed in a way that is not read.
    Method {
        /// The member.
        member: String,
        /// The number of the method in the format.
        method: u16,
    },
    /// A member is stored with holes, as GNU tar can.
    Sparse {
        /// The member.
        member: String,
    },
    /// It holds no file, but for hidden ones.
    NoFile,
    /// It does not hold the file that was asked for.
    NoMember {
        /// The name asked for.
        member: String,
        /// The first names in it.
        names: Vec<String>,
    },
    /// It holds several files, and one is needed.
    Several {
        /// How many.
        n_members: usize,
        /// The first of them.
        names: Vec<String>,
    },
}

impl fmt::Display for ArchiveFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged(reason) => write!(formatter, "cannot be read: {reason}"),
            Self::NotSeekable => {
                formatter.write_str("cannot be read from a pipe or from within another file")
            }
            Self::Encrypted { member } => write!(formatter, "needs a password for `{member}`"),
            Self::Method { member, method } => write!(
                formatter,
                "holds `{member}` compressed by method {method}, which is not read"
            ),
            Self::Sparse { member } => {
                write!(formatter, "holds `{member}` as a sparse file, which is not read")
            }
            Self::NoFile => formatter.write_str("holds no file"),
            Self::NoMember { member, names } => {
                write!(formatter, "holds no file `{member}`; it holds {}", listed(names))
            }
            Self::Several { n_members, names } => write!(
                formatter,
                "holds {n_members} files, such as {}, and one is needed here",
                listed(names)
            ),
        }
    }
}

fn listed(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    if quoted.is_empty() { "none".to_owned() } else { quoted.join(", ") }
}
