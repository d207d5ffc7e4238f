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
    fails("'a'b", 4, "a space after the closing quote");
    fails("''''''x", 7, "a space after the closing quote");
    fails("'a''b", 6, "a closing quote");
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
fn parentheses_are_multiplied_out() {
    gives("king - (man - woman)", &[(1.0, "king"), (-1.0, "man"), (1.0, "woman")]);
    gives("2 * (king - man)", &[(2.0, "king"), (-2.0, "man")]);
    gives("(2*king - man)/2", &[(1.0, "king"), (-0.5, "man")]);
    gives("-(a-b - (c - d))", &[(-1.0, "a-b"), (1.0, "c"), (-1.0, "d")]);
    gives("((king))*3/2 + 1/4*(man)", &[(1.5, "king"), (0.25, "man")]);
    gives("(king - man)-(queen)", &[(1.0, "king"), (-1.0, "man"), (-1.0, "queen")]);
    gives("2*3*king - man*2*2", &[(6.0, "king"), (-4.0, "man")]);
    gives("king / 4 + man * 2", &[(0.25, "king"), (2.0, "man")]);
    gives("1e2*king + .5*man", &[(100.0, "king"), (0.5, "man")]);
    gives("1e-2*king + man*1E-3", &[(0.01, "king"), (0.001, "man")]);
    gives("1e-king + 1e", &[(1.0, "1e-king"), (1.0, "1e")]);
    gives("2 \u{D7} king + (man) \u{F7} 2", &[(2.0, "king"), (0.5, "man")]);
    // A parenthesis within a word belongs to it, and so does a division sign.
    gives("king(s) - and/or + 24/7", &[(1.0, "king(s)"), (-1.0, "and/or"), (1.0, "24/7")]);
    gives("(king(s) - :())", &[(1.0, "king(s)"), (-1.0, ":()")]);
    gives(":) + * + /", &[(1.0, ":)"), (1.0, "*"), (1.0, "/")]);
}

#[test]
fn the_minus_signs_that_pages_print_are_minus() {
    for minus in ['\u{2212}', '\u{2013}', '\u{2014}', '\u{FF0D}'] {
        let terms = [(1.0, "king"), (-1.0, "man"), (1.0, "woman")];
        gives(&format!("king {minus} man + woman"), &terms);
        gives(&format!("king {minus}man \u{FF0B} woman"), &terms);
        gives(&format!("{minus}man"), &[(-1.0, "man")]);
        gives(&format!("a{minus}b"), &[(1.0, &format!("a{minus}b"))]);
    }
}

#[test]
fn the_wide_signs_of_east_asian_keyboards_are_signs() {
    let terms = [(2.0, "king"), (-2.0, "man"), (0.5, "woman")];
    gives("2 \u{FF0A} \u{FF08}king \u{FF0D} man\u{FF09} \u{FF0B} woman \u{FF0F} 2", &terms);
    gives("2*\u{FF08}king - man) + woman / 2", &terms);
}

#[test]
fn characters_without_width_are_space_between_words() {
    gives("king \u{200B}- man", &[(1.0, "king"), (-1.0, "man")]);
    gives("\u{FEFF}king -\u{2060} man", &[(1.0, "king"), (-1.0, "man")]);
    gives("'\u{200B}'", &[(1.0, "\u{200B}")]);
}

#[test]
fn brackets_in_place_of_parentheses_are_refused() {
    let bracket = "a parenthesis in place of this bracket, or quotes around the word";
    fails("king - [man - woman]", 8, bracket);
    fails("{man} - {man - woman}", 9, bracket);
    fails("king - man]", 11, bracket);
    fails("(king - [man)", 9, bracket);
    gives(
        "[UNK] - {x}[1] + \"[man\" - [",
        &[(1.0, "[UNK]"), (-1.0, "{x}[1]"), (1.0, "[man"), (-1.0, "[")],
    );
}

#[test]
fn words_with_signs_stand_in_quotes() {
    gives("'2*(a - b)' + \"-ing\"", &[(1.0, "2*(a - b)"), (1.0, "-ing")]);
    gives("'it''s' - \"a\"\"b\"", &[(1.0, "it's"), (-1.0, "a\"b")]);
    gives("\u{201C}new york\u{201D} - \u{AB}c d\u{BB}", &[(1.0, "new york"), (-1.0, "c d")]);
    for (opening, closing) in [
        ('\u{2018}', '\u{2019}'),
        ('\u{201A}', '\u{2018}'),
        ('\u{201E}', '\u{201C}'),
        ('\u{201E}', '\u{201D}'),
        ('\u{201D}', '\u{201D}'),
        ('\u{2039}', '\u{203A}'),
        ('\u{BB}', '\u{AB}'),
    ] {
        let text = format!("king - {opening}new york{closing}");
        gives(&text, &[(1.0, "king"), (-1.0, "new york")]);
    }
    // An apostrophe at the beginning of a word.
    gives("\u{2018}tis - king", &[(1.0, "\u{2018}tis"), (-1.0, "king")]);
    gives("2*\"(\" + (\")\")", &[(2.0, "("), (1.0, ")")]);
    gives("\"a :: b\" + c:", &[(1.0, "a :: b"), (1.0, "c:")]);
}

#[test]
fn an_analogy_is_solved_for_its_question_mark() {
    let solved = [(-1.0, "king"), (1.0, "man"), (1.0, "queen")];
    for text in [
        "king : man :: queen : ?",
        "king : man :: queen :",
        "king : man :: queen",
        "king: man :: queen: ?",
        " king :man  :: queen :? ",
        "\"king\":man :: (queen) : ?",
        "king:man :: queen:?",
        "king \u{FF1A} man \u{FF1A}\u{FF1A} queen \u{FF1A} \u{FF1F}",
        "king \u{2236} man \u{2237} queen",
    ] {
        gives(text, &solved);
    }
    // A word with a colon in it, where the spaces say so.
    gives("12:30 : noon :: 6:30", &[(-1.0, "12:30"), (1.0, "noon"), (1.0, "6:30")]);
    // Of four words on the corners of a parallelogram, a - b = c - d.
    gives("? : man :: queen : woman", &[(1.0, "man"), (1.0, "queen"), (-1.0, "woman")]);
    gives("king : ? :: queen : woman", &[(1.0, "king"), (-1.0, "queen"), (1.0, "woman")]);
    gives("king : man :: ? : woman", &[(1.0, "king"), (-1.0, "man"), (1.0, "woman")]);
    fails("king : man :: queen : woman", 28, "one `?` in `a : b :: c : ?`");
    fails("? : man :: queen : ?", 21, "one `?` in `a : b :: c : ?`");
    fails("king : man :: queen : ? + x", 25, "the end of `a : b :: c : ?`");
    fails("king :: man : queen", 6, "`:`");
    fails("king man :: queen", 6, "`:`");
    fails("king : man : queen :: x", 12, "`::`");
}

#[test]
fn a_parenthesis_that_does_not_fit_is_named() {
    fails("(king - man", 12, "`)`");
    fails("king - man)", 11, "`(` before this `)`, or quotes around the word");
    fails("(a) )", 5, "`(` before this `)`");
    fails("(a b)", 4, "`+`, `-` or `)`");
    fails("(a)b", 4, "`+` or `-`");
    fails("()", 2, "a word");
    fails("2(king)", 2, "`*` before `(`");
    fails("2 (king)", 3, "`*`, `+` or `-`");
    fails("queen + 3 king", 11, "`*`, `+` or `-`");
    fails("(3 king)", 4, "`*`, `+`, `-` or `)`");
    fails("king(man - x", 5, "a space or `*` before `(`, or quotes around the word");
    fails("king * man", 8, "a number");
    fails("(king) / 0", 10, "a weight above zero that is not too large");
    fails("(king)/2x", 8, "a number");
    fails("1e200*(1e200*king)", 7, "a weight above zero that is not too large");
    fails(&"(".repeat(100_000), 65, "at most 64 open parentheses");
}

#[test]
fn a_word_like_a_weight_with_both_quotes_in_it_is_shown_and_read_again() {
    for text in ["2*2*b'*\"*+2 +w", "1*2*'\"\"'", "'2*x' - \"3 * y\"", "\"''\"\"\" - 2*'?'"] {
        let expression: Expression = text.parse().unwrap();
        assert_eq!(expression.to_string().parse::<Expression>().unwrap(), expression, "{text}");
    }
}

/// An expression as a tree, and how it is written.
#[derive(Debug, Clone)]
enum Tree {
    Word(usize),
    Sum(Vec<(bool, Tree)>),
    Times(u32, Box<Tree>),
    Over(Box<Tree>, u32),
}

/// Words that try the parser, as they are and as they are written.
const WORDS: [(&str, &str); 7] = [
    ("king", "king"),
    ("c++", "c++"),
    ("mother-in-law", "mother-in-law"),
    ("-ing", "\"-ing\""),
    ("new york", "'new york'"),
    ("2*x", "\"2*x\""),
    ("it's \"so\"", "'it''s \"so\"'"),
];

impl Tree {
    fn written(&self) -> String {
        match self {
            Self::Word(number) => WORDS[*number].1.to_owned(),
            Self::Times(number, tree) => format!("{number} * {}", tree.factor()),
            Self::Over(tree, number) => format!("{} / {number}", tree.factor()),
            Self::Sum(parts) => {
                let mut text = String::new();
                for (index, (is_minus, tree)) in parts.iter().enumerate() {
                    text += match (index, is_minus) {
                        (0, false) => "",
                        (0, true) => "-",
                        (_, false) => " + ",
                        (_, true) => " \u{2212} ",
                    };
                    text += &match tree {
                        Self::Sum(_) => tree.factor(),
                        other => other.written(),
                    };
                }
                text
            }
        }
    }

    fn factor(&self) -> String {
        match self {
            Self::Word(_) => self.written(),
            other => format!("({})", other.written()),
        }
    }

    /// Adds the weight of each word, by the definition.
    fn weigh(&self, weight: f64, weights: &mut [f64]) {
        match self {
            Self::Word(number) => weights[*number] += weight,
            Self::Times(number, tree) => tree.weigh(weight * f64::from(*number), weights),
            Self::Over(tree, number) => tree.weigh(weight / f64::from(*number), weights),
            Self::Sum(parts) => parts.iter().for_each(|(is_minus, tree)| {
                tree.weigh(if *is_minus { -weight } else { weight }, weights)
            }),
        }
    }
}

fn any_tree() -> impl Strategy<Value = Tree> {
    (0..WORDS.len()).prop_map(Tree::Word).prop_recursive(5, 40, 4, |inner| {
        let part = (any::<bool>(), inner.clone());
        prop_oneof![
            prop::collection::vec(part, 1..4).prop_map(Tree::Sum),
            (1u32..9, inner.clone()).prop_map(|(it, tree)| Tree::Times(it, Box::new(tree))),
            (inner, 1u32..9).prop_map(|(tree, it)| Tree::Over(Box::new(tree), it)),
        ]
    })
}

proptest! {
    #[test]
    fn a_tree_that_is_written_and_read_has_its_weights(tree in any_tree()) {
        let mut expected = [0.0; WORDS.len()];
        tree.weigh(1.0, &mut expected);
        let text = tree.written();
        let expression: Expression = text.parse().unwrap();
        let shown: Expression = expression.to_string().parse().unwrap();
        prop_assert_eq!(&shown, &expression);
        let mut found = [0.0; WORDS.len()];
        for term in expression.terms() {
            let number = WORDS.iter().position(|(word, _)| *word == term.word).unwrap();
            found[number] += term.weight;
        }
        for (found, expected) in found.iter().zip(expected) {
            prop_assert!((found - expected).abs() <= 1e-9 * (1.0 + expected.abs()), "{}", text);
        }
    }

    #[test]
    fn no_text_makes_it_panic_and_what_is_shown_is_read_again(
        text in "([-+*/():?'\" .0-9a\u{a0}é\\[\\]{}]|[\u{ff08}\u{ff09}\u{ff1a}\u{2237}\u{200b}]\
                 |-man|\"x y\"| [+-] | :: | : \\?){0,14}",
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
