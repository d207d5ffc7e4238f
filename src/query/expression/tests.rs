use super::*;
use proptest::prelude::*;

fn parse(text: &str) -> Vec<(f64, String)> {
    text.parse::<Expression>()
        .unwrap()
        .terms
        .into_iter()
        .map(|term| (term.weight, term.word))
        .collect()
}

#[track_caller]
fn gives(text: &str, terms: &[(f64, &str)]) {
    let terms: Vec<(f64, String)> =
        terms.iter().map(|&(weight, word)| (weight, word.to_owned())).collect();
    assert_eq!(parse(text), terms, "{text}");
}

#[track_caller]
fn fails(text: &str, at: usize, what: &str) {
    match text.parse::<Expression>() {
        Err(Error::Expression { position, expected, .. }) => {
            assert_eq!((position, expected), (at, what), "{text}")
        }
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn signs_weights_and_quotes_are_understood() {
    gives("king - man + woman", &[(1.0, "king"), (-1.0, "man"), (1.0, "woman")]);
    gives("  king -man\t+woman ", &[(1.0, "king"), (-1.0, "man"), (1.0, "woman")]);
    gives("2*king - 0.5 * man", &[(2.0, "king"), (-0.5, "man")]);
    gives("-king + man", &[(-1.0, "king"), (1.0, "man")]);
    gives("- 3 *king", &[(-3.0, "king")]);
    gives("'new york' - \"don't\"", &[(1.0, "new york"), (-1.0, "don't")]);
    gives("mother-in-law + c++ - don't", &[(1.0, "mother-in-law"), (1.0, "c++"), (-1.0, "don't")]);
    gives("2024 - 3.5 + '2*x'", &[(1.0, "2024"), (-1.0, "3.5"), (1.0, "2*x")]);
    gives("राजा - आदमी", &[(1.0, "राजा"), (-1.0, "आदमी")]);
}

#[test]
fn the_first_character_that_does_not_fit_is_named() {
    fails("", 1, "a word");
    fails("  ", 3, "a word");
    fails("king man", 6, "`+` or `-`");
    fails("é man", 3, "`+` or `-`");
    fails("king -", 7, "a word");
    fails("king - - man", 8, "a word");
    fails("king + 2*", 10, "a word");
    fails("0*king", 1, "a weight above zero that is not too large");
    fails("'new york", 10, "a closing quote");
    fails("king - ''", 8, "a word between the quotes");
    fails("'a''b'", 4, "a space after the closing quote");
    fails(&format!("{}*a", "9".repeat(400)), 1, "a weight above zero that is not too large");
    let message = "king man".parse::<Expression>().unwrap_err().to_string();
    assert!(
        message.starts_with(
            "cannot read the expression `king man` at character 6: expected `+` or `-`"
        ),
        "{message}"
    );
}

#[test]
fn a_word_like_a_weight_with_both_quotes_in_it_is_shown_and_read_again() {
    for text in ["2*2*b'*\"*+2 +w", "1*2*'\"", "'2*x' - \"3 * y\""] {
        let expression: Expression = text.parse().unwrap();
        assert_eq!(expression.to_string().parse::<Expression>().unwrap(), expression, "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic_and_what_is_shown_is_read_again(
        text in "([-+*'\" .0-9a\u{a0}é]|-man|\"x y\"| [+-] ){0,14}",
    ) {
        if let Ok(expression) = text.parse::<Expression>() {
            let again: Expression = expression.to_string().parse().unwrap();
            prop_assert_eq!(&again, &expression);
        }
    }

    #[test]
    fn any_text_at_all_is_read_or_refused(text in any::<String>()) {
        let _ = text.parse::<Expression>();
    }
}
