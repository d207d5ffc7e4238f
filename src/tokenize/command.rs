//! A tokenizer that is another program: a line in, its tokens out.
//!
//! In: a shell command and texts. Out: tokens. The command runs by `sh -c` and is kept running. It
//! reads a text a line in UTF-8, and answers each with one line of tokens separated by spaces or
//! tabs, which it must flush before it reads on. The answer to a line may depend on that line
//! alone. Line ends in a text are replaced by spaces, and a blank text is not sent.
//!
//! Each thread that cuts has a process of its own, started when none is idle. A process that ends
//! is replaced once for each line, so that a tool may leave after some number of lines. A line on
//! which two of them end is an error, with the last line that the second wrote to stderr. A line
//! that has no answer after the time limit is an error too. Ctrl-C reaches the processes, and by
//! ending them ends the wait. A command that does not flush would be waited for in vain, so
//! [`CommandTokenizer::check`] finds it before the work begins.
//!
//! The answers of a process are read by a thread of its own, which is left behind when the time is
//! over: what the shell has started may keep the pipe open after the shell is dead.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::base::error::{Error, Result};

/// Bytes that a pipe holds in any case, so that writing them needs nobody who reads.
const PIPE: usize = 4096;

/// Most bytes of an answer for each byte of the text, and in addition: what is longer is no list of
/// its tokens. Bounds the memory when a program never ends its line.
const ANSWER_PER_BYTE: usize = 64;
const ANSWER: usize = 1 << 20;

/// Bytes of a line for which a tokenizer may need a second more: the slowest networks are faster.
const BYTES_PER_SECOND: usize = 1000;

/// How long the last words of an ended process are waited for: a program that it has started may
/// hold its stderr open.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How often an ending process is looked at.
const LOOK: Duration = Duration::from_millis(5);

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
    /// How long an answer may take, of a short line.
    time_limit: Duration,
    idle: Arc<Mutex<Vec<Process>>>,
    /// The first text that had no answer in time, as an error shows it, and this time. There is no
    /// second wait.
    silent_at: Arc<Mutex<Option<(String, Duration)>>>,
}

impl CommandTokenizer {
    /// A tokenizer that runs `command`, from its first text on, and waits for `time_limit` for the
    /// answer to a line, a little longer if the line is long.
    pub(crate) fn new(command: &str, time_limit: Duration) -> Self {
        let (idle, silent_at) = (Arc::default(), Arc::default());
        Self { command: command.into(), time_limit, idle, silent_at }
    }

    /// Starts the command twice, the second time with one line and the end of its input.
    ///
    /// # Errors
    /// It cannot be started, fails, does not answer with exactly one line, or answers only at the
    /// end of its input.
    pub(crate) fn check(&self) -> Result<()> {
        let mut waiting = self.start()?;
        let mut answer = waiting.send(PROBE, false).err().map(Err);
        for _ in 0..PATIENCE {
            self.check_with_end()?;
            answer = answer.or_else(|| waiting.answer_so_far());
            if answer.is_some() {
                break;
            }
        }
        match answer.unwrap_or(Err(Problem::Unflushed)) {
            Ok(_) => self.idle().push(waiting),
            Err(problem) => return Err(self.ended(waiting, PROBE, problem)),
        }
        Ok(())
    }

    /// Whether the command answers one line with one, when its input ends then.
    fn check_with_end(&self) -> Result<()> {
        let mut process = self.start()?;
        match process
            .ask(PROBE, true, self.time_limit)
            .and_then(|_| process.expect_end(self.time_limit))
        {
            Ok(()) => Ok(()),
            Err(problem) => Err(self.ended(process, PROBE, problem)),
        }
    }

    /// Calls `visit` with each token of `text`.
    ///
    /// # Errors
    /// The command cannot be started, ends twice on this text without an answer, has not answered
    /// it or another text in time, answers with more than one line, or with no UTF-8; or it was
    /// interrupted.
    pub(crate) fn cut(&self, text: &str, mut visit: impl FnMut(&str)) -> Result<()> {
        if text.trim().is_empty() {
            return Ok(());
        }
        if let Some(silent) = lock(&self.silent_at).as_ref() {
            return Err(error_of_silence(silent));
        }
        let idle = self.idle().pop();
        let mut process = idle.map_or_else(|| self.start(), Ok)?;
        let mut asked = process.ask(text, false, self.limit(text));
        if let Err(Problem::Ended) = asked {
            // A process that has answered before may have left after its last line; and one that
            // has not gets the same second try, so that the answers depend on no earlier line.
            if is_interrupt(process.end(Problem::Ended, self.time_limit)) {
                return Err(Error::Interrupted);
            }
            process = self.start()?;
            asked = process.ask(text, false, self.limit(text));
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
        lock(&self.idle)
    }

    fn start(&self) -> Result<Process> {
        Process::start(&self.command).map_err(|source| Error::Tokenizer {
            place: format!("command `{}`", self.command),
            reason: format!("`sh` cannot be started: {source}"),
        })
    }

    /// The error after a process gave no answer.
    fn ended(&self, mut process: Process, text: &str, problem: Problem) -> Error {
        let status = process.end(problem, self.time_limit);
        if is_interrupt(status) {
            return Error::Interrupted;
        }
        let mut error = self.failed(text, problem);
        if let (Problem::Ended, Error::Tokenizer { reason, .. }) = (problem, &mut error) {
            let status = status.map_or_else(|| "unknown status".to_owned(), |it| it.to_string());
            *reason = format!("it ended without an answer ({status})");
            let last = process.messages.last();
            if !last.is_empty() {
                *reason += &format!(", and last wrote `{last}`");
            }
        }
        error
    }

    /// How long an answer may take.
    fn limit(&self, text: &str) -> Duration {
        self.time_limit + Duration::from_secs((text.len() / BYTES_PER_SECOND) as u64)
    }

    fn failed(&self, text: &str, problem: Problem) -> Error {
        let start: String = text.trim().chars().take(SHOWN).collect();
        let place = format!("command `{}` on the text `{start}`", self.command);
        let reason = match problem {
            Problem::Ended => "it ended without an answer",
            Problem::SeveralLines => "it answers a line with several lines, and may with one only",
            Problem::TooLong => "its answer has no end",
            Problem::Unflushed => {
                "it answers only at the end of its input, and must flush after each line (`stdbuf \
                 -oL`, `python3 -u`, `sed -u`, `mawk -W interactive`)"
            }
            Problem::NotUtf8 => "its answer is not UTF-8",
            Problem::Silent => {
                let silent = (place, self.limit(text));
                return error_of_silence(lock(&self.silent_at).get_or_insert(silent));
            }
        };
        Error::Tokenizer { place, reason: reason.to_owned() }
    }
}

/// The error of a text that had no answer in time.
fn error_of_silence((place, limit): &(String, Duration)) -> Error {
    let reason = format!("it has not answered within {} s", limit.as_secs_f64());
    Error::Tokenizer { place: place.clone(), reason }
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
    Silent,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A line of the answers, and whether more than it was written.
type Answer = (std::result::Result<String, Problem>, bool);

/// A running command.
#[derive(Debug)]
struct Process {
    child: Child,
    /// `None` once its input was closed, or while a long line is written.
    stdin: Option<ChildStdin>,
    /// Gives the input back when a long line was written; nothing if it was the last.
    written: Option<Receiver<ChildStdin>>,
    /// Asks for the next line, of so many bytes at most.
    wanted: Sender<usize>,
    answers: Receiver<Answer>,
    /// Whether it has written more than its last answer.
    has_more: bool,
    messages: Messages,
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
        let (wanted, limits) = mpsc::channel();
        let (sender, answers) = mpsc::channel();
        thread::spawn(move || read_lines(stdout, &limits, &sender));
        Ok(Self {
            child,
            stdin: Some(stdin),
            written: None,
            wanted,
            answers,
            has_more: false,
            messages: Messages::pass_on(stderr),
        })
    }

    /// The answer to a text; with `is_last`, the input ends behind it.
    fn ask(
        &mut self,
        text: &str,
        is_last: bool,
        time_limit: Duration,
    ) -> std::result::Result<String, Problem> {
        self.send(text, is_last)?;
        let answer = self.answer(time_limit)?;
        if let Some(written) = self.written.take() {
            self.stdin = match written.recv_timeout(time_limit) {
                Err(mpsc::RecvTimeoutError::Timeout) => return Err(Problem::Silent),
                input => input.ok(),
            };
        }
        Ok(answer)
    }

    /// Writes a text on a line of its input, and asks for the answer.
    fn send(&mut self, text: &str, is_last: bool) -> std::result::Result<(), Problem> {
        let mut line = text.replace(['\n', '\r'], " ");
        line.push('\n');
        if self.has_more {
            // It has written more than the answer to the line before.
            return Err(Problem::SeveralLines);
        }
        let mut input = self.stdin.take().ok_or(Problem::Ended)?;
        self.want(ANSWER + ANSWER_PER_BYTE * line.len())?;
        // Who has died does not read; that it gives no answer is seen later.
        if line.len() <= PIPE {
            let _ = input.write_all(line.as_bytes());
            self.stdin = (!is_last).then_some(input);
        } else {
            // It may answer before it has read all, and wait until the answer is read.
            let (sender, written) = mpsc::channel();
            thread::spawn(move || {
                let _ = input.write_all(line.as_bytes());
                if !is_last {
                    // Who no longer waits for it closes it so.
                    let _ = sender.send(input);
                }
            });
            self.written = Some(written);
        }
        Ok(())
    }

    fn want(&self, limit: usize) -> std::result::Result<(), Problem> {
        self.wanted.send(limit).map_err(|_| Problem::Ended)
    }

    fn answer(&mut self, time_limit: Duration) -> std::result::Result<String, Problem> {
        let (answer, has_more) = self.answers.recv_timeout(time_limit).map_err(|it| match it {
            mpsc::RecvTimeoutError::Timeout => Problem::Silent,
            mpsc::RecvTimeoutError::Disconnected => Problem::Ended,
        })?;
        self.has_more = has_more;
        answer
    }

    /// The answer to what was sent, if it is there already.
    fn answer_so_far(&mut self) -> Option<std::result::Result<String, Problem>> {
        match self.answer(Duration::ZERO) {
            Err(Problem::Silent) => None,
            answer => Some(answer),
        }
    }

    /// Waits until it ends its output, and refuses whatever it still writes.
    fn expect_end(&mut self, time_limit: Duration) -> std::result::Result<(), Problem> {
        self.want(1)?;
        match self.answer(time_limit) {
            Err(Problem::Ended) => Ok(()),
            Err(Problem::Silent) => Err(Problem::Silent),
            _ => Err(Problem::SeveralLines),
        }
    }

    /// Ends the process after a problem; how it ended, `None` if the system does not know.
    fn end(&mut self, problem: Problem, time_limit: Duration) -> Option<ExitStatus> {
        (self.stdin, self.written) = (None, None);
        // Who has closed its output is about to end by itself, with a status that says why.
        if matches!(problem, Problem::Ended) {
            let start = Instant::now();
            while start.elapsed() < time_limit {
                if let Some(status) = self.child.try_wait().ok()? {
                    return Some(status);
                }
                thread::sleep(LOOK);
            }
        }
        let _ = self.child.kill();
        self.child.wait().ok()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        (self.stdin, self.written) = (None, None);
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads a line for each limit of its bytes, until nobody asks for more.
fn read_lines(mut stdout: BufReader<ChildStdout>, limits: &Receiver<usize>, to: &Sender<Answer>) {
    for limit in limits {
        let answer = read_line(&mut stdout, limit);
        if to.send((answer, !stdout.buffer().is_empty())).is_err() {
            return;
        }
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

/// What a process writes to its stderr.
#[derive(Debug)]
struct Messages {
    /// The last line that is not blank.
    last: Arc<Mutex<String>>,
    /// Has no sender any more once stderr has ended.
    end: Receiver<()>,
}

impl Messages {
    /// Passes lines on to our stderr.
    fn pass_on(mut stderr: impl BufRead + Send + 'static) -> Self {
        let last = Arc::new(Mutex::new(String::new()));
        let (sender, end) = mpsc::channel();
        let noted = Arc::clone(&last);
        thread::spawn(move || {
            let _sender: Sender<()> = sender;
            let mut line = Vec::new();
            while let Ok(1..) = stderr.by_ref().take(ANSWER as u64).read_until(b'\n', &mut line) {
                // A closed stderr loses messages, and only those.
                let _ = std::io::stderr().write_all(&line);
                let text = String::from_utf8_lossy(&line);
                if !text.trim().is_empty() {
                    text.trim().clone_into(&mut lock(&noted));
                }
                line.clear();
            }
        });
        Self { last, end }
    }

    /// The last line that the ended process wrote.
    fn last(&self) -> String {
        let _ = self.end.recv_timeout(LAST_WORDS);
        lock(&self.last).clone()
    }
}

#[cfg(unix)]
#[cfg(test)]
#[path = "command_tests.rs"]
mod tests;
