//! Tests of `command`: small shell commands that answer, die, or are silent.

use super::*;

fn new(command: &str) -> CommandTokenizer {
    CommandTokenizer::new(command, Duration::from_secs(60))
}

fn tokens(tokenizer: &CommandTokenizer, text: &str) -> Result<Vec<String>> {
    let mut tokens = Vec::new();
    tokenizer.cut(text, |token| tokens.push(token.to_owned()))?;
    Ok(tokens)
}

fn message(command: &str, text: &str) -> String {
    tokens(&new(command), text).unwrap_err().to_string()
}

#[test]
fn tokens_are_what_the_command_answers() {
    let cat = new("cat");
    assert_eq!(tokens(&cat, "one  two\tthree").unwrap(), ["one", "two", "three"]);
    assert_eq!(tokens(&cat, "ein\nTag\r\nmehr").unwrap(), ["ein", "Tag", "mehr"]);
    assert!(tokens(&cat, " \n").unwrap().is_empty());
    let split = "while read -r line; do echo \"$line\" | tr - ' '; done";
    let split = new(split);
    assert_eq!(tokens(&split, "zig-zag").unwrap(), ["zig", "zag"]);
    split.check().unwrap();
}

#[test]
fn a_long_line_is_read_while_it_is_written() {
    let cat = new("cat");
    for _ in 0..2 {
        assert_eq!(tokens(&cat, &"word ".repeat(400_000)).unwrap().len(), 400_000);
    }
}

#[test]
fn a_process_is_kept_for_the_next_line() {
    let count = new("n=0; while read -r line; do n=$((n+1)); echo $n; done");
    for n in 1..5 {
        assert_eq!(tokens(&count, "a").unwrap(), [n.to_string()]);
    }
}

#[test]
fn a_command_that_leaves_after_two_lines_is_started_again() {
    let two = new("for n in 1 2; do read -r line; echo \"$line\"; done");
    for n in 0..7 {
        assert_eq!(tokens(&two, &format!("line {n}")).unwrap(), ["line".to_owned(), n.to_string()]);
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
    let twice = new("while read -r line; do printf 'a\\nb\\n'; done");
    let expected = "the tokenizer command `while read -r line; do printf 'a\\nb\\n'; done` on \
                    the text `a` fails: it answers a line with several lines, and may with one \
                    only";
    assert_eq!(twice.check().unwrap_err().to_string(), expected);
    assert_eq!(tokens(&twice, "a").unwrap(), ["a"]);
    assert_eq!(tokens(&twice, "a").unwrap_err().to_string(), expected);
}

#[test]
fn a_check_finds_a_command_that_fails() {
    let cat = new("cat");
    cat.check().unwrap();
    assert_eq!(cat.idle().len(), 1);
    assert_eq!(tokens(&cat, "kept and used").unwrap().len(), 3);
    let error = new("exit 1").check().unwrap_err().to_string();
    assert!(error.ends_with("it ended without an answer (exit status: 1)"), "{error}");
}

#[test]
fn a_check_finds_a_command_that_does_not_flush() {
    let error = new("tr a-z A-Z").check().unwrap_err().to_string();
    assert!(error.contains("it answers only at the end of its input"), "{error}");
    let slow = "while read -r line; do sleep 0.2; echo $line; done";
    new(slow).check().unwrap();
}

#[test]
fn answers_without_end_or_encoding_are_errors() {
    assert!(message("cat /dev/zero", "a").ends_with("its answer has no end"));
    assert!(message("printf '\\377\\n'", "a").ends_with("its answer is not UTF-8"));
}

#[test]
fn an_interrupt_of_the_command_is_one_of_ours() {
    // Programs in the background of a shell ignore the signal, and so do all that they start.
    let mut shell = std::process::Command::new("sh");
    let is_ignored = shell.args(["-c", "kill -INT $$; echo still here"]).output().unwrap();
    let commands = ["read -r line; exit 130", "kill -INT $$"];
    let n_commands = if is_ignored.stdout.is_empty() { 2 } else { 1 };
    for command in &commands[..n_commands] {
        let error = tokens(&new(command), "a").unwrap_err();
        assert!(matches!(error, Error::Interrupted), "{error}");
    }
}

#[test]
fn threads_share_a_tokenizer_and_each_gets_its_own_answers() {
    let cat = new("cat");
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

#[test]
fn a_line_without_an_answer_in_time_is_an_error_that_names_it() {
    // It answers the first two lines only.
    let command = "for n in 1 2; do read -r line; echo $line; done; read -r line; sleep 60 | cat";
    let silent = CommandTokenizer::new(command, Duration::from_millis(300));
    for text in ["one", "two"] {
        assert_eq!(tokens(&silent, text).unwrap(), [text]);
    }
    let start = Instant::now();
    let expected = format!(
        "the tokenizer command `{command}` on the text `the third line` fails: it has not answered \
         within 0.3 s"
    );
    assert_eq!(tokens(&silent, "the third line").unwrap_err().to_string(), expected);
    // There is no second wait, on no thread.
    for _ in 0..1000 {
        assert_eq!(tokens(&silent, "another").unwrap_err().to_string(), expected);
    }
    assert!(start.elapsed() < Duration::from_secs(30));
}

#[test]
fn a_check_finds_a_command_that_is_silent() {
    for command in ["sleep 60", "cat > /dev/null; sleep 60", "cat; exec >&-; sleep 60 2>&-"] {
        let start = Instant::now();
        let check = CommandTokenizer::new(command, Duration::from_millis(300)).check();
        assert!(start.elapsed() < Duration::from_secs(30), "{command}");
        if command.starts_with("cat;") {
            check.unwrap();
            continue;
        }
        let message = check.unwrap_err().to_string();
        assert!(message.ends_with("it has not answered within 0.3 s"), "{message}");
    }
}

#[test]
fn a_long_line_that_nobody_reads_is_not_waited_for() {
    let silent = CommandTokenizer::new("sleep 60", Duration::from_millis(300));
    let message = tokens(&silent, &"word ".repeat(1000)).unwrap_err().to_string();
    // It had five seconds for its 5000 bytes.
    assert!(message.ends_with("it has not answered within 5.3 s"), "{message}");
}

#[test]
fn a_long_line_has_more_time() {
    // Two seconds for its 2000 bytes.
    let slow = CommandTokenizer::new("while read -r l; do sleep 0.6; echo $l; done", LOOK);
    assert_eq!(tokens(&slow, &"a ".repeat(1000)).unwrap().len(), 1000);
    assert!(tokens(&slow, "a").is_err());
}
