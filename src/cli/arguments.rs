//! The command line before it is parsed: which command it has and which options are given, and
//! expressions that begin with a minus sign.
//!
//! In: the arguments, and the program's description of its options. Out: the names of the options
//! that are given; the arguments, with a space before what would be taken for an option and is an
//! expression.

use std::ffi::OsString;
use std::sync::OnceLock;

use clap::{Arg, Command};

/// The command line of this run.
static GIVEN: OnceLock<Vec<OsString>> = OnceLock::new();

/// Makes the command line known to [`given`].
pub(crate) fn remember(arguments: &[OsString]) {
    // There is one command line in a process.
    _ = GIVEN.set(arguments.to_vec());
}

/// The command line of this run, of which the first argument is the program's name.
pub(crate) fn given() -> &'static [OsString] {
    GIVEN.get().map_or(&[], Vec::as_slice)
}

/// What a command line holds.
pub(crate) struct Scanned<'c> {
    /// The command, by its main name: of `plot words` the second, which has the options.
    pub(crate) command: Option<&'c Command>,
    /// The name of the command that a person would look up: of `plot words` the first.
    pub(crate) name: Option<&'c str>,
    /// The options that are given, with their values.
    pub(crate) given: Vec<(&'c Arg, Option<OsString>)>,
    /// Where options end: the place of `--`, or the number of arguments.
    pub(crate) end: usize,
    /// Whether help or the version is asked for, which needs nothing else.
    pub(crate) asks_help: bool,
}

/// Looks through the arguments, of which the first is the program's name.
pub(crate) fn scan<'c>(arguments: &[OsString], program: &'c Command) -> Scanned<'c> {
    let mut scanned = Scanned {
        command: None,
        name: None,
        given: Vec::new(),
        end: arguments.len(),
        asks_help: false,
    };
    let mut place = 1;
    while place < arguments.len() {
        let text = arguments[place].to_string_lossy();
        place += 1;
        if text == "--" {
            scanned.end = place - 1;
            break;
        }
        if let Some(long) = text.strip_prefix("--") {
            let (name, value) = match long.split_once('=') {
                Some((name, value)) => (name, Some(OsString::from(value))),
                None => (long, None),
            };
            if let Some(option) = option(program, scanned.command, name) {
                let has_value = value.is_some() || !takes_value(option);
                let value = if has_value { value } else { arguments.get(place).cloned() };
                place += usize::from(!has_value);
                scanned.given.push((option, value));
            } else {
                scanned.asks_help |= matches!(name, "help" | "version");
            }
        } else if let Some(letters) = text.strip_prefix('-').filter(|it| !it.is_empty()) {
            place += short_options(letters, arguments.get(place), program, &mut scanned);
        } else if scanned.command.is_none_or(Command::has_subcommands) {
            match scanned.command.unwrap_or(program).find_subcommand(&*text) {
                Some(command) => {
                    scanned.name = scanned.name.or(Some(command.get_name()));
                    scanned.command = Some(command);
                }
                None => break,
            }
        }
    }
    scanned
}

/// Notes the options of `-qk5`; the number of arguments that they take after themselves.
fn short_options<'c>(
    letters: &str,
    next: Option<&OsString>,
    program: &'c Command,
    scanned: &mut Scanned<'c>,
) -> usize {
    for (offset, letter) in letters.char_indices() {
        let mut known = options(program, scanned.command);
        let Some(option) = known.find(|it| it.get_short() == Some(letter)) else {
            scanned.asks_help |= matches!(letter, 'h' | 'V');
            return 0;
        };
        if takes_value(option) {
            let rest = &letters[offset + letter.len_utf8()..];
            let is_attached = !rest.is_empty();
            let attached = OsString::from(rest.trim_start_matches('='));
            let value = if is_attached { Some(attached) } else { next.cloned() };
            scanned.given.push((option, value));
            return usize::from(!is_attached);
        }
        scanned.given.push((option, None));
    }
    0
}

/// The options of a command and of its kinds, and those of every command.
pub(crate) fn options<'c>(
    program: &'c Command,
    command: Option<&'c Command>,
) -> impl Iterator<Item = &'c Arg> {
    let own = command.into_iter().flat_map(|it| {
        it.get_arguments().chain(it.get_subcommands().flat_map(Command::get_arguments))
    });
    own.chain(program.get_arguments()).filter(|it| !it.is_positional())
}

/// The option of this long name, which may be an alias; underscores count as hyphens.
pub(crate) fn option<'c>(
    program: &'c Command,
    command: Option<&'c Command>,
    name: &str,
) -> Option<&'c Arg> {
    let name = name.replace('_', "-");
    options(program, command).find(|it| {
        it.get_long() == Some(&name)
            || it.get_all_aliases().is_some_and(|aliases| aliases.contains(&&*name))
    })
}

/// Whether the value of an option may be the next argument.
fn takes_value(option: &Arg) -> bool {
    let least = option.get_num_args().map_or(1, |it| it.min_values());
    option.get_action().takes_values() && least > 0
}

/// The arguments, with a space before each expression of `math` and `plot analogy` that begins with
/// a minus sign.
pub(crate) fn shield_expressions(mut arguments: Vec<OsString>, program: &Command) -> Vec<OsString> {
    let scanned = scan(&arguments, program);
    let Some(command) = scanned.command.filter(|it| matches!(it.get_name(), "math" | "analogy"))
    else {
        return arguments;
    };
    let has_output = command.get_arguments().any(|it| it.get_short() == Some('o'));
    let end = scanned.end;
    for argument in &mut arguments[1..end] {
        if argument.to_str().is_some_and(|text| is_expression(text, has_output)) {
            let mut shifted = OsString::from(" ");
            shifted.push(&*argument);
            *argument = shifted;
        }
    }
    arguments
}

/// Whether an argument of `math` that begins with `-` is no option: `-man + king`, `-1*king`,
/// `-(king - man)`, or the `-man` of an expression without quotes. A misspelt value, as in `-mmax`,
/// is left to the parser, unless it makes a word.
fn is_expression(text: &str, has_output: bool) -> bool {
    let Some(rest) = text.strip_prefix('-').filter(|it| !it.starts_with('-')) else { return false };
    let mut letters = rest.char_indices();
    let is_option = loop {
        let Some((offset, letter)) = letters.next() else { break true };
        let value = &rest[offset + letter.len_utf8()..];
        match letter {
            'q' | 'v' | 'h' => {}
            _ if text.contains(|it: char| it.is_whitespace() || "*/()".contains(it)) => {
                break false;
            }
            'o' if has_output => break value.is_empty() || value.starts_with('='),
            // No word begins with two m.
            'm' => break value.is_empty() || value.starts_with(['=', 'm']) || value == "add",
            'k' | 't' => {
                break value.is_empty()
                    || value.starts_with(|it: char| it == '=' || it.is_ascii_digit());
            }
            _ => break false,
        }
    };
    !is_option
}

#[cfg(test)]
mod tests {
    use clap::ArgAction;
    use proptest::prelude::*;

    use super::*;

    fn program() -> Command {
        Command::new("p")
            .arg(Arg::new("threads").short('t').long("threads").alias("workers").global(true))
            .arg(Arg::new("quiet").short('q').long("quiet").action(ArgAction::SetTrue).global(true))
            .subcommand(
                Command::new("math")
                    .alias("sum")
                    .arg(Arg::new("model"))
                    .arg(Arg::new("top").short('k').long("top-words")),
            )
    }

    fn line(text: &str) -> Vec<OsString> {
        std::iter::once("p").chain(text.split(' ')).map(OsString::from).collect()
    }

    #[test]
    fn the_command_and_the_options_given_are_found() {
        let program = program();
        for (text, given) in [
            ("-t 4 sum m -qk5", vec![("threads", Some("4")), ("quiet", None), ("top", Some("5"))]),
            ("--workers=4 math --top_words 3", vec![("threads", Some("4")), ("top", Some("3"))]),
            ("math m -- --quiet", vec![]),
            ("math --unknown -q", vec![("quiet", None)]),
        ] {
            let arguments = line(text);
            let scanned = scan(&arguments, &program);
            assert_eq!(scanned.command.unwrap().get_name(), "math", "{text}");
            let found: Vec<(&str, Option<&str>)> = scanned
                .given
                .iter()
                .map(|(it, value)| {
                    (it.get_id().as_str(), value.as_ref().and_then(|it| it.to_str()))
                })
                .collect();
            assert_eq!(found, given, "{text}");
        }
        for (text, asks_help) in [
            ("math m --help", true),
            ("math -qh", true),
            ("--version math", true),
            ("math m -k h", false),
            ("math m -- --help", false),
        ] {
            assert_eq!(scan(&line(text), &program).asks_help, asks_help, "{text}");
        }
        assert!(scan(&line("no-such math"), &program).command.is_none());
        assert_eq!(scan(&line("math -- x"), &program).end, 2);
    }

    proptest! {
        #[test]
        fn no_line_makes_it_panic(
            words in prop::collection::vec("[-=a-zé0-9 ]{0,6}|math|-k|-t", 0..9),
        ) {
            let arguments: Vec<OsString> = words.iter().map(OsString::from).collect();
            let arguments = std::iter::once("p".into()).chain(arguments).collect::<Vec<_>>();
            let n_arguments = arguments.len();
            prop_assert!(scan(&arguments, &program()).end <= n_arguments);
            prop_assert_eq!(shield_expressions(arguments, &program()).len(), n_arguments);
        }
    }

    #[test]
    fn an_expression_that_begins_with_a_minus_is_no_option() {
        for text in ["-man + king", "-1*king", "-(a - b)", "-man", "-king", "-queen", "-2", "-é"] {
            assert!(is_expression(text, false), "{text}");
        }
        for text in [
            "-m", "-mmul", "-madd", "-m=add", "-k5", "-k", "-qk5", "-vv", "-h", "-t4", "--top",
            "x", "-mmax", "-mmull", "-m=max", "-k1o", "-k=x", "-qt4x",
        ] {
            assert!(!is_expression(text, false), "{text}");
        }
        assert!(is_expression("-o", false) && is_expression("-office", true));
        assert!(!is_expression("-o", true) && !is_expression("-o=x.svg", true));
        let shielded = shield_expressions(line("math m -man + king -- -x"), &program());
        assert_eq!(shielded, ["p", "math", "m", " -man", "+", "king", "--", "-x"]);
    }
}
