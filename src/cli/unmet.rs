//! Settings for every command that need another option, which is not given.
//!
//! In: the arguments, and those that settings add. Out: the added ones without which the command
//! line has what each needs: `force = true` for every command changes nothing in a command that
//! only prints, where `--force` requires `--output`.

use std::ffi::OsString;

use clap::Command;
use clap::error::ErrorKind;

/// Arguments that a setting adds.
pub(crate) struct Added<T> {
    pub(crate) arguments: Vec<OsString>,
    /// Whether the setting is for this command alone: then what it lacks is a mistake to report.
    pub(crate) is_own: bool,
    pub(crate) setting: T,
}

/// The command line with what is added in this place.
pub(crate) fn with_added<T>(given: &[OsString], place: usize, added: &[Added<T>]) -> Vec<OsString> {
    let (before, after) = given.split_at(place);
    let added = added.iter().flat_map(|it| &it.arguments);
    before.iter().chain(added).chain(after).cloned().collect()
}

/// What is added, without settings for every command that need an option that nothing gives.
pub(crate) fn without_unmet<T>(
    given: &[OsString],
    place: usize,
    added: Vec<Added<T>>,
    program: &Command,
) -> Vec<Added<T>> {
    let lacks = |added: &[Added<T>]| {
        let matches = program.clone().try_get_matches_from(with_added(given, place, added));
        matches.is_err_and(|error| error.kind() == ErrorKind::MissingRequiredArgument)
    };
    if added.iter().all(|it| it.is_own) || !lacks(&added) {
        return added;
    }
    let (mut kept, mut open): (Vec<_>, Vec<_>) = added.into_iter().partition(|it| it.is_own);
    if lacks(&kept) {
        // Something else is missing: that is reported with everything in place.
        kept.append(&mut open);
        return kept;
    }
    // One may give what another needs, in any order.
    loop {
        let n_kept = kept.len();
        for one in std::mem::take(&mut open) {
            kept.push(one);
            if lacks(&kept) {
                open.extend(kept.pop());
            }
        }
        if kept.len() == n_kept {
            return kept;
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::{Arg, ArgAction};

    use super::*;

    /// The options that are kept of those added to `given`; a star marks one of the command alone.
    fn kept(given: &str, added: &[&str]) -> String {
        let switch = |name: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue);
        let program = Command::new("p")
            .arg(Arg::new("corpus").required(true))
            .arg(Arg::new("output").long("output"))
            .arg(switch("force").requires("output"))
            .arg(switch("loud").requires("force"))
            .arg(switch("plain"));
        let given: Vec<OsString> = given.split(' ').map(OsString::from).collect();
        let added = added.iter().map(|name| Added {
            arguments: vec![name.trim_end_matches('*').into()],
            is_own: name.ends_with('*'),
            setting: (),
        });
        let kept = without_unmet(&given, given.len(), added.collect(), &program);
        let line = with_added(&given, given.len(), &kept);
        let texts = line[given.len()..].iter().map(|it| it.to_string_lossy().into_owned());
        texts.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_lacks_another_option_is_left_out() {
        let both = ["--force", "--plain"];
        assert_eq!(kept("p corpus", &both), "--plain");
        assert_eq!(kept("p corpus --output x", &both), "--force --plain");
        let chain = ["--loud", "--force", "--output=x"];
        assert_eq!(kept("p corpus", &chain), "--loud --force --output=x");
        assert_eq!(kept("p corpus", &chain[..2]), "");
    }

    #[test]
    fn what_the_command_itself_lacks_is_reported() {
        assert_eq!(kept("p corpus", &["--force*", "--plain"]), "--force --plain");
        assert_eq!(kept("p", &["--plain", "--force"]), "--plain --force");
    }
}
