//! A tokenizer that is another program: a line in, its tokens out.
//!
//! In: a shell command and texts. Out: tokens. The command runs by `sh -c` and is kept running. It
//! reads a text a line in UTF-8, and answers each with one line of tokens separated by spaces or
//! tabs, which it must flush before it reads on. The answer to a line may depend on that line
//! alone. Line ends in a text are replaced by spaces, and a blank text is not sent.
//!
//! Each thread that cuts has a process of its own, started when none is idle. A process that ends
//! is replaced once for each line, so that a tool may leave after some number of lines. A line on
//! which two of them end is an error, with the last line that the second wrote to stderr. A process
//! that neither answers nor ends is waited for, because it may be slow. Ctrl-C reaches it too, and
//! by ending it ends the wait. A command that does not flush would be waited for in vain, so
//! [`CommandTokenizer::check`] finds it before the work begins.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use crate::base::error::{Error, Result};

/// Bytes that a pipe holds in any case, so that writing them needs nobody who reads.
const PIPE: usize = 4096;

/// Most bytes of an answer for each byte of the text, and in addition: what is longer is no list of
/// its tokens. Bounds the memory when a program never ends its line.
const ANSWER_PER_BYTE: usize = 64;
const ANSWER: usize = 1 << 20;

/// Characters of a text that an error shows.
const SHOWN: usize = 40;

/// A text for which any tokenizer has an answer.
const PROBE: &str = "a";

/// How often a command answers at the end of its input, before one whose input has no end yet, and
/// that has not answered the same text, is taken for one that does not flush.
const PATIENCE: usize = 20;

/// Cuts texts by a shell command; clones share its processes.
#[derive(Debug, Clone)]
pub(crate) struct CommandTokenizer {
    command: Arc<str>,
    idle: Arc<Mutex<Vec<Process>>>,
}

impl CommandTokenizer {
    /// A tokenizer that runs `command`, from its first text on.
    pub(crate) fn new(command: &str) -> Self {
        Self { command: command.into(), idle: Arc::default() }
    }

    /// Starts the command twice, the second time with one line and the end of its input.
    ///
    /// # Errors
    /// It cannot be started, fails, does not answer with exactly one line, or answers only at the
    /// end of its input.
    pub(crate) fn check(&self) -> Result<()> {
        let mut waiting = self.start()?;
        let answer = std::thread::scope(|scope| {
            let Process { child, stdin, stdout, .. } = &mut waiting;
            if let Some(stdin) = stdin.as_mut() {
                // Who has died is seen below.
                let _ = writeln!(stdin, "{PROBE}");
            }
            let reader = scope.spawn(|| read_line(stdout, ANSWER));
            let mut result = Ok(());
            for _ in 0..PATIENCE {
                result = self.check_with_end();
                if result.is_err() || reader.is_finished() {
                    break;
                }
            }
            let is_waiting = !reader.is_finished();
            if is_waiting {
                // Ends the wait of the reader. The end of the input also reaches the programs that
                // the shell runs.
                *stdin = None;
                let _ = child.kill();
            }
            let answer = reader.join().unwrap_or(Err(Problem::Ended));
            result.map(|()| if is_waiting { Err(Problem::Unflushed) } else { answer })
        })?;
        match answer {
            Ok(_) => self.idle().push(waiting),
            Err(problem) => return Err(self.ended(waiting, PROBE, problem)),
        }
        Ok(())
    }

    /// Whether the command answers one line with one, when its input ends then.
    fn check_with_end(&self) -> Result<()> {
        let mut process = self.start()?;
        match process.ask(PROBE, true).and_then(|_| process.rest()) {
            Ok(0) => Ok(()),
            Ok(_) => Err(self.failed(PROBE, Problem::SeveralLines)),
            Err(problem) => Err(self.ended(process, PROBE, problem)),
        }
    }

    /// Calls `visit` with each token of `text`.
    ///
    /// # Errors
    /// The command cannot be started, ends twice on this text without an answer, answers with more
    /// than one line, or with no UTF-8; or it was interrupted.
    pub(crate) fn cut(&self, text: &str, mut visit: impl FnMut(&str)) -> Result<()> {
        if text.trim().is_empty() {
            return Ok(());
        }
        let idle = self.idle().pop();
        let mut process = idle.map_or_else(|| self.start(), Ok)?;
        let mut asked = process.ask(text, false);
        if let Err(Problem::Ended) = asked {
            // A process that has answered before may have left after its last line; and one that
            // has not gets the same second try, so that the answers depend on no earlier line.
            if is_interrupt(process.end(Problem::Ended)) {
                return Err(Error::Interrupted);
            }
            process = self.start()?;
            asked = process.ask(text, false);
        }
        match asked {
            Ok(answer) => {
                self.idle().push(process);
                answer.split_whitespace().for_each(&mut visit);
                Ok(())
            }
            Err(problem) => Err(self.ended(process, text, problem)),
        }
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Process>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start(&self) -> Result<Process> {
        Process::start(&self.command).map_err(|source| Error::Tokenizer {
            place: format!("command `{}`", self.command),
            reason: format!("`sh` cannot be started: {source}"),
        })
    }

    /// The error after a process gave no answer.
    fn ended(&self, mut process: Process, text: &str, problem: Problem) -> Error {
        let status = process.end(problem);
        if is_interrupt(status) {
            return Error::Interrupted;
        }
        let mut error = self.failed(text, problem);
        if let (Problem::Ended, Error::Tokenizer { reason, .. }) = (problem, &mut error) {
            let status = status.map_or_else(|| "unknown status".to_owned(), |it| it.to_string());
            *reason = format!("it ended without an answer ({status})");
            let last = process.last_message();
            if !last.is_empty() {
                *reason += &format!(", and last wrote `{last}`");
            }
        }
        error
    }

    fn failed(&self, text: &str, problem: Problem) -> Error {
        let start: String = text.trim().chars().take(SHOWN).collect();
        let reason = match problem {
            Problem::Ended => "it ended without an answer",
            Problem::SeveralLines => "it answers a line with several lines, and may with one only",
            Problem::TooLong => "its answer has no end",
            Problem::Unflushed => {
                "it answers only at the end of its input, and must flush after each line (`stdbuf \
                 -oL`, `python3 -u`, `sed -u`, `mawk -W interactive`)"
            }
            Problem::NotUtf8 => "its answer is not UTF-8",
        };
        Error::Tokenizer {
            place: format!("command `{}` on the text `{start}`", self.command),
            reason: reason.to_owned(),
        }
    }
}

/// Whether Ctrl-C ended a process, itself or through its shell.
fn is_interrupt(status: Option<ExitStatus>) -> bool {
    const INTERRUPT: i32 = 2;
    #[cfg(unix)]
    let signal = status.and_then(|it| std::os::unix::process::ExitStatusExt::signal(&it));
    #[cfg(not(unix))]
    let signal = None;
    signal == Some(INTERRUPT) || status.and_then(|it| it.code()) == Some(128 + INTERRUPT)
}

/// Why a process gave no answer.
#[derive(Debug, Clone, Copy)]
enum Problem {
    Ended,
    SeveralLines,
    Unflushed,
    TooLong,
    NotUtf8,
}

/// A running command.
#[derive(Debug)]
struct Process {
    child: Child,
    /// `None` once its input was closed.
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    /// Passes its stderr on to ours, and returns the last line of it.
    messages: Option<JoinHandle<String>>,
}

impl Process {
    fn start(command: &str) -> std::io::Result<Self> {
        let mut child = Command::new("sh")
            .args(["-c", command])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        const PIPED: &str = "it was piped above";
        let stdin = child.stdin.take().expect(PIPED);
        let stdout = BufReader::new(child.stdout.take().expect(PIPED));
        let stderr = BufReader::new(child.stderr.take().expect(PIPED));
        let messages = Some(std::thread::spawn(move || pass_on(stderr)));
        Ok(Self { child, stdin: Some(stdin), stdout, messages })
    }

    /// The answer to a text; with `is_last`, the input ends behind it.
    fn ask(&mut self, text: &str, is_last: bool) -> std::result::Result<String, Problem> {
        let mut line = text.replace(['\n', '\r'], " ");
        line.push('\n');
        if !self.stdout.buffer().is_empty() {
            // It has written more than the answer to the line before.
            return Err(Problem::SeveralLines);
        }
        let Self { child, stdin, stdout, .. } = self;
        let mut input = stdin.take().ok_or(Problem::Ended)?;
        let limit = ANSWER + ANSWER_PER_BYTE * line.len();
        // Who has died does not read; that it gives no answer is seen below.
        let (answer, input) = if line.len() <= PIPE {
            let _ = input.write_all(line.as_bytes());
            let input = (!is_last).then_some(input);
            (read_line(stdout, limit), input)
        } else {
            // It may answer before it has read all, and wait until the answer is read.
            std::thread::scope(|scope| {
                let writer = scope.spawn(move || {
                    let _ = input.write_all(line.as_bytes());
                    (!is_last).then_some(input)
                });
                let answer = read_line(stdout, limit);
                if answer.is_err() {
                    // The end of a process is also the end of a wait to write to it.
                    let _ = child.kill();
                }
                (answer, writer.join().ok().flatten())
            })
        };
        self.stdin = input;
        answer
    }

    /// How many bytes it writes from here to its end.
    fn rest(&mut self) -> std::result::Result<u64, Problem> {
        std::io::copy(&mut self.stdout, &mut std::io::sink()).map_err(|_| Problem::Ended)
    }

    /// Ends the process after a problem; how it ended, `None` if the system does not know.
    fn end(&mut self, problem: Problem) -> Option<ExitStatus> {
        self.stdin = None;
        // Who has closed its output is about to end by itself, with a status that says why.
        if !matches!(problem, Problem::Ended) {
            let _ = self.child.kill();
        }
        self.child.wait().ok()
    }

    /// The last line that the ended process wrote to stderr.
    fn last_message(&mut self) -> String {
        self.messages.take().and_then(|it| it.join().ok()).unwrap_or_default()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stdin = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A line without its end.
fn read_line(stdout: &mut impl BufRead, limit: usize) -> std::result::Result<String, Problem> {
    let mut answer = Vec::new();
    let read = stdout.by_ref().take(limit as u64).read_until(b'\n', &mut answer);
    match (read, answer.pop()) {
        (Ok(_), Some(b'\n')) => String::from_utf8(answer).map_err(|_| Problem::NotUtf8),
        (Ok(n), _) if n == limit => Err(Problem::TooLong),
        _ => Err(Problem::Ended),
    }
}

/// Passes lines on to our stderr; the last of them that is not blank.
fn pass_on(mut stderr: impl BufRead) -> String {
    let (mut line, mut last) = (Vec::new(), String::new());
    loop {
        line.clear();
        match stderr.by_ref().take(ANSWER as u64).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return last,
            Ok(_) => {
                // A closed stderr loses messages, and only those.
                let _ = std::io::stderr().write_all(&line);
                let text = String::from_utf8_lossy(&line);
                if !text.trim().is_empty() {
                    last = text.trim().to_owned();
                }
            }
        }
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(tokenizer: &CommandTokenizer, text: &str) -> Result<Vec<String>> {
        let mut tokens = Vec::new();
        tokenizer.cut(text, |token| tokens.push(token.to_owned()))?;
        Ok(tokens)
    }

    fn message(command: &str, text: &str) -> String {
        tokens(&CommandTokenizer::new(command), text).unwrap_err().to_string()
    }

    #[test]
    fn tokens_are_what_the_command_answers() {
        let cat = CommandTokenizer::new("cat");
        assert_eq!(tokens(&cat, "one  two\tthree").unwrap(), ["one", "two", "three"]);
        assert_eq!(tokens(&cat, "ein\nTag\r\nmehr").unwrap(), ["ein", "Tag", "mehr"]);
        assert!(tokens(&cat, " \n").unwrap().is_empty());
        let split = "while read -r line; do echo \"$line\" | tr - ' '; done";
        let split = CommandTokenizer::new(split);
        assert_eq!(tokens(&split, "zig-zag").unwrap(), ["zig", "zag"]);
        split.check().unwrap();
    }

    #[test]
    fn a_long_line_is_read_while_it_is_written() {
        let cat = CommandTokenizer::new("cat");
        for _ in 0..2 {
            assert_eq!(tokens(&cat, &"word ".repeat(400_000)).unwrap().len(), 400_000);
        }
    }

    #[test]
    fn a_process_is_kept_for_the_next_line() {
        let count = CommandTokenizer::new("n=0; while read -r line; do n=$((n+1)); echo $n; done");
        for n in 1..5 {
            assert_eq!(tokens(&count, "a").unwrap(), [n.to_string()]);
        }
    }

    #[test]
    fn a_command_that_leaves_after_two_lines_is_started_again() {
        let two = CommandTokenizer::new("for n in 1 2; do read -r line; echo \"$line\"; done");
        for n in 0..7 {
            assert_eq!(
                tokens(&two, &format!("line {n}")).unwrap(),
                ["line".to_owned(), n.to_string()]
            );
        }
    }

    #[test]
    fn a_command_that_does_not_answer_is_an_error_with_its_last_words() {
        assert_eq!(
            message("read -r line; echo 'no model' >&2; exit 3", "two words"),
            "the tokenizer command `read -r line; echo 'no model' >&2; exit 3` on the text \
             `two words` fails: it ended without an answer (exit status: 3), and last wrote \
             `no model`"
        );
        assert!(message("true", "a").contains("it ended without an answer (exit status: 0)"));
        // Half a line is no answer.
        assert!(message("printf half", "a").contains("it ended without an answer"));
        let absent = message("/no/such/tokenizer", &"long ".repeat(10_000));
        assert!(absent.contains("(exit status: 127)") && absent.contains("not found"), "{absent}");
    }

    #[test]
    fn answers_of_several_lines_are_an_error() {
        let twice = CommandTokenizer::new("while read -r line; do printf 'a\\nb\\n'; done");
        let expected = "the tokenizer command `while read -r line; do printf 'a\\nb\\n'; done` on \
                        the text `a` fails: it answers a line with several lines, and may with one \
                        only";
        assert_eq!(twice.check().unwrap_err().to_string(), expected);
        assert_eq!(tokens(&twice, "a").unwrap(), ["a"]);
        assert_eq!(tokens(&twice, "a").unwrap_err().to_string(), expected);
    }

    #[test]
    fn a_check_finds_a_command_that_fails() {
        let cat = CommandTokenizer::new("cat");
        cat.check().unwrap();
        assert_eq!(cat.idle().len(), 1);
        assert_eq!(tokens(&cat, "kept and used").unwrap().len(), 3);
        let error = CommandTokenizer::new("exit 1").check().unwrap_err().to_string();
        assert!(error.ends_with("it ended without an answer (exit status: 1)"), "{error}");
    }

    #[test]
    fn a_check_finds_a_command_that_does_not_flush() {
        let error = CommandTokenizer::new("tr a-z A-Z").check().unwrap_err().to_string();
        assert!(error.contains("it answers only at the end of its input"), "{error}");
        let slow = "while read -r line; do sleep 0.2; echo $line; done";
        CommandTokenizer::new(slow).check().unwrap();
    }

    #[test]
    fn answers_without_end_or_encoding_are_errors() {
        assert!(message("cat /dev/zero", "a").ends_with("its answer has no end"));
        assert!(message("printf '\\377\\n'", "a").ends_with("its answer is not UTF-8"));
    }

    #[test]
    fn an_interrupt_of_the_command_is_one_of_ours() {
        for command in ["kill -INT $$", "read -r line; exit 130"] {
            let error = tokens(&CommandTokenizer::new(command), "a").unwrap_err();
            assert!(matches!(error, Error::Interrupted), "{error}");
        }
    }

    #[test]
    fn threads_share_a_tokenizer_and_each_gets_its_own_answers() {
        let cat = CommandTokenizer::new("cat");
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let cat = cat.clone();
                scope.spawn(move || {
                    for n in 0..50 {
                        let text = format!("t{thread} n{n}");
                        assert_eq!(tokens(&cat, &text).unwrap().join(" "), text);
                    }
                });
            }
        });
        assert!(cat.idle().len() <= 8);
    }
}
