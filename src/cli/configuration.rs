//! Settings from a file and from the environment: options of the command line that need not be
//! typed each time.
//!
//! In: `eigenlex.toml` of the working folder, or the file of `--config`; variables such as
//! `EIGENLEX_THREADS`. Out: arguments, which the same parser reads as those that a person types, so
//! that there is no second list of settings. What the command line gives wins over the environment,
//! and that over the file. In the file, a table `[embed]` holds for the command `embed`; a key
//! before all tables holds for every command with this option.

use std::ffi::OsString;
use std::fmt::{self, Display};
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Arg, ArgAction, Command};
use eigenlex::Error;
use toml::de::{DeTable, DeValue};

use super::arguments::{Scanned, option, options, scan};
use super::unmet::{Added, with_added, without_unmet};

/// The name of the file in the working folder.
const FILE: &str = "eigenlex.toml";

/// Options that a file cannot give: they say which file, or print and end.
const ONLY_TYPED: [&str; 4] = ["config", "no-config", "help", "version"];

/// Commands that only describe the program: settings change nothing in them.
const WITHOUT_SETTINGS: [&str; 2] = ["completions", "man"];

/// Options that run other programs: a file that merely lies in the folder, perhaps with texts from
/// somebody else, must not give them.
const RUNS_PROGRAMS: [&str; 1] = ["tokenizer-command"];

/// An option that a file or the environment gives.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Setting {
    /// The command of its table; `None` for every command with this option.
    pub(crate) command: Option<String>,
    /// The long name of the option.
    pub(crate) option: String,
    values: Vec<Value>,
    pub(crate) source: Source,
}

/// Where a setting comes from.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Source {
    File { path: PathBuf, line: u64 },
    Environment(String),
}

#[derive(Debug, Clone, PartialEq)]
enum Value {
    Switch(bool),
    Text(String),
}

impl Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line } => write!(formatter, "{}, line {line}", path.display()),
            Self::Environment(name) => formatter.write_str(name),
        }
    }
}

impl Setting {
    /// The value, as a table shows it.
    pub(crate) fn shown(&self) -> String {
        let values = self.values.iter().map(|value| match value {
            Value::Switch(is_on) => is_on.to_string(),
            Value::Text(text) => text.clone(),
        });
        values.collect::<Vec<_>>().join(",")
    }

    /// Whether a message speaks of the option.
    pub(crate) fn is_named_in(&self, message: &str) -> bool {
        let name = format!("--{}", self.option);
        let goes_on = |it: char| it.is_alphanumeric() || it == '-';
        message.match_indices(&name).any(|(at, _)| !message[at + name.len()..].starts_with(goes_on))
    }

    /// The arguments that say the same.
    fn arguments(&self, option: &Arg) -> Result<Vec<OsString>> {
        let name = format!("--{}", self.option);
        let takes_values = option.get_action().takes_values();
        let (least, most) =
            option.get_num_args().map_or((1, 1), |it| (it.min_values(), it.max_values()));
        let (least, most) = if takes_values { (least, most) } else { (0, 0) };
        let texts: Vec<&String> = self
            .values
            .iter()
            .filter_map(|value| match value {
                Value::Text(text) => Some(text),
                Value::Switch(_) => None,
            })
            .collect();
        let is_count = matches!(option.get_action(), ArgAction::Count);
        // The word in quotes is no less clear.
        if let ([Value::Text(text)], false) = (&self.values[..], takes_values)
            && let Ok(is_on) = text.parse()
        {
            let setting = Self { values: vec![Value::Switch(is_on)], ..self.clone() };
            return setting.arguments(option);
        }
        Ok(match (&self.values[..], &texts[..]) {
            // The option is left out, which is what `false` means.
            ([Value::Switch(false)], _) if least == 0 => Vec::new(),
            ([Value::Switch(true)], _) if least == 0 => vec![name.into()],
            (_, [number]) if is_count && number.parse::<u8>().is_ok() => {
                vec![name.into(); number.parse::<u8>().map_or(0, usize::from)]
            }
            (_, texts) if takes_values && texts.len() == self.values.len() => {
                if least > 1 || (most > 1 && texts.len() > 1) {
                    let values = texts.iter().map(|&it| OsString::from(it));
                    std::iter::once(name.into()).chain(values).collect()
                } else if let (Some(comma), [_, _, ..]) = (option.get_value_delimiter(), texts) {
                    let list: Vec<&str> = texts.iter().map(|it| it.as_str()).collect();
                    vec![format!("{name}={}", list.join(&comma.to_string())).into()]
                } else {
                    texts.iter().map(|text| format!("{name}={text}").into()).collect()
                }
            }
            _ => {
                let expected = match (is_count, takes_values) {
                    (true, _) => "a number from 0 to 255",
                    (_, true) => "text or a number",
                    (_, false) => "true or false",
                };
                return Err(self.wrong(format!("`{}`", self.shown()), expected.to_owned()));
            }
        })
    }

    fn wrong(&self, found: String, expected: String) -> anyhow::Error {
        let found = format!("{found} for `{}`", self.option);
        match &self.source {
            Source::File { path, line } => malformed(path, *line, found, expected),
            Source::Environment(name) => malformed(Path::new(name), 0, found, expected),
        }
    }
}

fn malformed(path: &Path, line: u64, found: String, expected: String) -> anyhow::Error {
    let line = Some(line).filter(|&line| line > 0);
    Error::Malformed { path: path.to_path_buf(), line, found, expected }.into()
}

/// The command line, completed by settings.
pub(crate) struct Completed {
    pub(crate) arguments: Vec<OsString>,
    /// The settings that were added.
    pub(crate) settings: Vec<Setting>,
}

/// Adds to the arguments what the file and the environment give and they do not.
pub(crate) fn complete(given: Vec<OsString>, program: &Command) -> Result<Completed> {
    let scanned = scan(&given, program);
    let takes_settings =
        |it: &&Command| !scanned.asks_help && !WITHOUT_SETTINGS.contains(&it.get_name());
    let (Some(command), Some(name)) = (scanned.command.filter(takes_settings), scanned.name) else {
        return Ok(Completed { arguments: given, settings: Vec::new() });
    };
    let settings = all(&scanned, program)?;
    let mut added = Vec::new();
    for option in options(program, Some(command)) {
        let Some(setting) = choose(&settings, name, option) else { continue };
        if scanned.given.iter().any(|(it, _)| excludes(program, command, it, option)) {
            continue;
        }
        let arguments = setting.arguments(option)?;
        if !arguments.is_empty() {
            let is_own = setting.command.is_some();
            added.push(Added { arguments, is_own, setting: setting.clone() });
        }
    }
    let added = without_unmet(&given, scanned.end, added, program);
    let arguments = with_added(&given, scanned.end, &added);
    Ok(Completed { arguments, settings: added.into_iter().map(|it| it.setting).collect() })
}

/// Whether an option that was typed replaces another.
fn excludes(program: &Command, command: &Command, typed: &Arg, other: &Arg) -> bool {
    let conflicts = |left: &Arg, right: &Arg| {
        let owner = if left.is_global_set() { program } else { command };
        let is_known = owner.get_arguments().any(|it| it.get_id() == left.get_id());
        is_known
            && owner.get_arg_conflicts_with(left).iter().any(|it| it.get_id() == right.get_id())
    };
    typed.get_id() == other.get_id() || conflicts(typed, other) || conflicts(other, typed)
}

/// The setting of an option that counts: of the environment, of the command's table, of every
/// command, in this order.
pub(crate) fn choose<'s>(
    settings: &'s [Setting],
    command: &str,
    option: &Arg,
) -> Option<&'s Setting> {
    let long = option.get_long()?;
    let rank = |it: &&Setting| match (&it.source, &it.command) {
        (Source::Environment(_), _) => 0,
        (_, Some(_)) => 1,
        (_, None) => 2,
    };
    settings
        .iter()
        .filter(|it| it.option == long)
        .filter(|it| it.command.as_deref().is_none_or(|name| name == command))
        .min_by_key(rank)
}

/// The settings of the file and of the environment, checked against the options that there are.
pub(crate) fn all(scanned: &Scanned, program: &Command) -> Result<Vec<Setting>> {
    let typed = |name: &str| {
        let mut given = scanned.given.iter();
        given.find(|(option, _)| option.get_long() == Some(name)).map(|(_, value)| value.clone())
    };
    let mut settings = environment(program);
    if typed("no-config").is_some() {
        return Ok(settings);
    }
    let of_environment = || std::env::var_os("EIGENLEX_CONFIG").filter(|it| !it.is_empty());
    let named = typed("config").flatten().or_else(of_environment);
    let path = named.as_ref().map_or(Path::new(FILE), Path::new);
    if named.is_none() && !path.is_file() {
        return Ok(settings);
    }
    let text = std::fs::read_to_string(path).map_err(|source| Error::io("read", path, source))?;
    let of_file = read(&text, path, program)?;
    let runs = of_file.iter().find(|it| RUNS_PROGRAMS.contains(&it.option.as_str()));
    if let Some(setting) = runs.filter(|_| named.is_none()) {
        let expected = "it on the command line, or in a file named by --config".to_owned();
        return Err(setting.wrong("a command".to_owned(), expected));
    }
    settings.extend(of_file);
    Ok(settings)
}

/// The variables that have the name of an option.
fn environment(program: &Command) -> Vec<Setting> {
    let mut names: Vec<&str> = std::iter::once(program)
        .chain(program.get_subcommands())
        .chain(program.get_subcommands().flat_map(Command::get_subcommands))
        .flat_map(Command::get_arguments)
        .filter_map(Arg::get_long)
        .filter(|name| !ONLY_TYPED.contains(name))
        .collect();
    names.sort_unstable();
    names.dedup();
    let setting = |name: &str| {
        let variable = format!("EIGENLEX_{}", name.replace('-', "_").to_uppercase());
        // A variable that is set to nothing counts as one that is not set.
        let text = std::env::var(&variable).ok().filter(|text| !text.is_empty())?;
        let value = match text.as_str() {
            "true" => Value::Switch(true),
            "false" => Value::Switch(false),
            _ => Value::Text(text),
        };
        let source = Source::Environment(variable);
        Some(Setting { command: None, option: name.to_owned(), values: vec![value], source })
    };
    names.into_iter().filter_map(setting).collect()
}

/// The settings of a file.
fn read(text: &str, path: &Path, program: &Command) -> Result<Vec<Setting>> {
    let line_of = |byte: usize| text[..byte.min(text.len())].matches('\n').count() as u64 + 1;
    let table = DeTable::parse(text).map_err(|error| {
        let line = error.span().map_or(0, |span| line_of(span.start));
        malformed(path, line, format!("no TOML ({})", error.message()), "a table of TOML".into())
    })?;
    let mut settings = Vec::new();
    for (key, value) in table.get_ref() {
        let line = line_of(key.span().start);
        let name = key.get_ref().as_ref();
        let DeValue::Table(own) = value.get_ref() else {
            let mut commands = program.get_subcommands();
            let known = commands.find_map(|it| option(program, Some(it), name));
            let all = program.get_subcommands().flat_map(|it| options(program, Some(it)));
            let known = known.filter(is_settable);
            let known =
                known.ok_or_else(|| unknown(path, line, name, "an option of a command", all))?;
            settings.push(setting(None, known, value.get_ref(), path, line)?);
            continue;
        };
        let Some(command) = program.find_subcommand(name) else {
            let names = program.get_subcommands().map(Command::get_name);
            let expected = format!("the name of a command{}", nearest(name, names, "[", "]"));
            return Err(malformed(path, line, format!("the table `[{name}]`"), expected));
        };
        for (key, value) in own {
            let line = line_of(key.span().start);
            let name = key.get_ref().as_ref();
            let known = option(program, Some(command), name).filter(is_settable);
            let what = format!("an option of `{}`", command.get_name());
            let known = known
                .ok_or_else(|| unknown(path, line, name, &what, options(program, Some(command))))?;
            settings.push(setting(Some(command), known, value.get_ref(), path, line)?);
        }
    }
    Ok(settings)
}

fn is_settable(option: &&Arg) -> bool {
    option.get_long().is_some_and(|name| !ONLY_TYPED.contains(&name))
}

fn setting(
    command: Option<&Command>,
    option: &Arg,
    value: &DeValue,
    path: &Path,
    line: u64,
) -> Result<Setting> {
    let one = |value: &DeValue| {
        Ok(match value {
            DeValue::Boolean(is_on) => Value::Switch(*is_on),
            DeValue::String(text) => Value::Text(text.clone().into_owned()),
            DeValue::Integer(number) if number.radix() == 10 => {
                Value::Text(number.as_str().to_owned())
            }
            DeValue::Float(number) => Value::Text(number.as_str().to_owned()),
            other => {
                let found = format!("a value of the kind {}", other.type_str());
                let expected = "text, a number, true, false, or a list of these".to_owned();
                return Err(malformed(path, line, found, expected));
            }
        })
    };
    let values = match value {
        DeValue::Array(list) => {
            list.iter().map(|value| one(value.get_ref())).collect::<Result<_>>()?
        }
        value => vec![one(value)?],
    };
    let setting = Setting {
        command: command.map(|it| it.get_name().to_owned()),
        option: option.get_long().unwrap_or_default().to_owned(),
        values,
        source: Source::File { path: path.to_path_buf(), line },
    };
    // A wrong kind is reported whichever command is run.
    setting.arguments(option)?;
    Ok(setting)
}

fn unknown<'c>(
    path: &Path,
    line: u64,
    name: &str,
    what: &str,
    options: impl Iterator<Item = &'c Arg>,
) -> anyhow::Error {
    let names = options.filter(is_settable).filter_map(Arg::get_long);
    let expected = format!("{what}{}", nearest(name, names, "", ""));
    malformed(path, line, format!("the key `{name}`"), expected)
}

/// `, such as ...`: the name that is spelt most nearly like one, if any is near.
fn nearest<'n>(
    name: &str,
    names: impl Iterator<Item = &'n str>,
    before: &str,
    after: &str,
) -> String {
    /// The likeness of Jaro and Winkler from which clap makes suggestions too.
    const NEAR: f64 = 0.7;
    let name = name.replace('_', "-");
    let scored = names.map(|it| (strsim::jaro_winkler(&name, it), it));
    let best = scored.max_by(|left, right| left.0.total_cmp(&right.0).then(right.1.cmp(left.1)));
    match best {
        Some((score, it)) if score >= NEAR => format!(", such as `{before}{it}{after}`"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn program() -> Command {
        let switch = |name: &'static str| {
            Arg::new(name).long(name).action(ArgAction::SetTrue).conflicts_with("numbers")
        };
        Command::new("p")
            .arg(Arg::new("threads").short('t').long("threads").global(true))
            .arg(Arg::new("config").long("config").global(true))
            .arg(Arg::new("verbose").short('v').long("verbose").action(ArgAction::Count))
            .subcommand(
                Command::new("embed")
                    .arg(Arg::new("corpus"))
                    .arg(Arg::new("min-count").long("min-count").alias("least"))
                    .arg(Arg::new("numbers").long("numbers"))
                    .arg(switch("drop"))
                    .arg(Arg::new("phrases").long("phrases").num_args(0..=1))
                    .arg(Arg::new("list").long("list").value_delimiter(','))
                    .arg(Arg::new("hub").long("hub").num_args(2..)),
            )
            .subcommand(Command::new("other").arg(Arg::new("top").long("top")))
    }

    /// The arguments of a line and of a file, without the program's name.
    fn completed(file: &str, line: &str) -> Result<Vec<String>> {
        let program = program();
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("s.toml");
        std::fs::write(&path, file)?;
        let mut given: Vec<OsString> = ["p", "--config"].into_iter().map(OsString::from).collect();
        given.push(path.into());
        given.extend(line.split(' ').map(OsString::from));
        let arguments = complete(given, &program)?.arguments;
        Ok(arguments[3..].iter().map(|it| it.to_string_lossy().into_owned()).collect())
    }

    #[test]
    fn keys_become_options_unless_they_are_typed() {
        let file =
            "threads = 2\ntop = 3\n[embed]\nmin_count = 7\ndrop = true\nlist = [\"a\", \"b\"]\n";
        for (line, expected) in [
            ("embed x", "embed x --min-count=7 --drop --list=a,b --threads=2"),
            ("embed x --least 1", "embed x --least 1 --drop --list=a,b --threads=2"),
            ("embed -t4 -- x", "embed -t4 --min-count=7 --drop --list=a,b -- x"),
            // An option that excludes another leaves it out.
            ("embed --numbers keep", "embed --numbers keep --min-count=7 --list=a,b --threads=2"),
            ("other", "other --top=3 --threads=2"),
        ] {
            assert_eq!(completed(file, line).unwrap().join(" "), expected, "{line}");
        }
        let kinds = "verbose = 2\n[embed]\nphrases = true\nhub = [\"a\", \"b\"]\ndrop = false\n";
        assert_eq!(
            completed(kinds, "embed").unwrap().join(" "),
            "embed --phrases --hub a b --verbose --verbose"
        );
        assert_eq!(completed("[embed]\nphrases = 3", "embed").unwrap()[1], "--phrases=3");
        let texts = "verbose = \"true\"\n[embed]\ndrop = \"true\"\n";
        assert_eq!(completed(texts, "embed").unwrap().join(" "), "embed --drop --verbose");
        assert_eq!(completed("[embed]\ndrop = \"false\"", "embed").unwrap(), ["embed"]);
    }

    #[test]
    fn what_a_file_cannot_mean_is_named_with_its_line() {
        for (file, message) in [
            (
                "[embed]\nmin-cuont = 3",
                "line 2: found the key `min-cuont`, expected an option of \
                `embed`, such as `min-count`",
            ),
            ("\n\nzzz = 1", "line 3: found the key `zzz`, expected an option of a command"),
            (
                "[embde]\n",
                "line 1: found the table `[embde]`, expected the name of a command, such \
                as `[embed]`",
            ),
            ("[embed]\ndrop = 3", "line 2: found `3` for `drop`, expected true or false"),
            (
                "[embed]\nmin-count = true",
                "line 2: found `true` for `min-count`, expected text or a \
                number",
            ),
            ("config = \"x\"", "line 1: found the key `config`, expected an option of a command"),
            (
                "top = 1979-05-27",
                "line 1: found a value of the kind datetime, expected text, a \
                number, true, false, or a list of these",
            ),
            (
                "top = [[1]]",
                "line 1: found a value of the kind array, expected text, a number, \
                true, false, or a list of these",
            ),
        ] {
            let error = completed(file, "embed").unwrap_err().to_string();
            assert!(error.ends_with(message), "{error}");
        }
        let error = completed("top = \n", "embed").unwrap_err().to_string();
        assert!(error.contains("line 1: found no TOML ("), "{error}");
    }

    proptest! {
        #[test]
        fn any_file_is_read_or_refused(
            text in "([\\[\\]=\"\\n# .,0-9a-d{}-]|embed|top|true|drop|list){0,40}",
        ) {
            let _ = read(&text, Path::new("f.toml"), &program());
        }
    }
}
