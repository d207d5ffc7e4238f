//! A small treebank with the quirks of real ones, and each message.

use proptest::prelude::*;

use super::super::record::read_records;
use super::*;
use crate::corpus::{ReaderKind, Record};

/// Multi-word tokens, an empty node, punctuation, a symbol, a word with a space, a lemma that is
/// not given.
const TREEBANK: &str = "\
# newdoc id = d1
# sent_id = s1
# text = Du roi, 20 000 $ et caetera.
1-2\tDu\t_\t_\t_\t_\t_\t_\t_\t_
1\tDe\tde\tADP\t_\t_\t3\tcase\t_\t_
2\tle\tle\tDET\t_\t_\t3\tdet\t_\t_
3\troi\troi\tNOUN\tNN\tNumber=Sing\t0\troot\t_\tSpaceAfter=No
4\t,\t,\tPUNCT\t_\t_\t3\tpunct\t_\t_
4.1\tabsent\tabsent\tVERB\t_\t_\t_\t_\t_\t_
5\t20 000\t20 000\tNUM\t_\t_\t6\tnummod\t_\t_
6\t$\t$\tSYM\t_\t_\t3\tdep\t_\t_
7\tcaetera\t_\t_\t_\t_\t3\tdep\t_\tSpaceAfter=No
8\t.\t.\tPUNCT\t_\t_\t3\tpunct\t_\t_

# sent_id = s2
1\tRois\troi\tNOUN\t_\t_\t0\troot\t_\t_

# newdoc id = d2
# sent_id = s3
1\tFin\tfin\tNOUN\t_\t_\t0\troot\t_\t_

";

fn read(text: &str, options: &ReaderOptions) -> Result<Vec<Record>> {
    ReaderKind::Conllu.read(text.as_bytes(), "t.conllu", options)
}

fn texts(text: &str, token: TokenColumn) -> Vec<String> {
    let records = read(text, &ReaderOptions::default().token(token)).unwrap();
    records.into_iter().map(|record| record.text).collect()
}

#[test]
fn a_multi_word_token_is_its_form_or_the_lemmas_of_its_parts() {
    assert_eq!(texts(TREEBANK, TokenColumn::Form), ["Du roi 20_000 caetera\nRois\n", "Fin\n"]);
    assert_eq!(texts(TREEBANK, TokenColumn::Lemma), ["de le roi 20_000 caetera\nroi\n", "fin\n"]);
    assert_eq!(
        texts(TREEBANK, TokenColumn::LemmaUpos),
        ["de_ADP le_DET roi_NOUN 20_000_NUM caetera_X\nroi_NOUN\n", "fin_NOUN\n"]
    );
}

#[test]
fn without_documents_each_sentence_is_one() {
    let text = TREEBANK.replace("# newdoc", "# old").replace('\n', "\r\n");
    let options = ReaderOptions::default().metadata(["id", "sent_id", "nothing"]);
    let records = read(text.trim_end(), &options).unwrap();
    let ids: Vec<_> = records.iter().map(|record| record.metadata.join("|")).collect();
    assert_eq!(ids, ["s1|s1|", "s2|s2|", "s3|s3|"]);
    assert_eq!(records[1].text, "Rois\n");
}

#[test]
fn comments_are_metadata() {
    let options = ReaderOptions::default().metadata(["id", "sent_id"]);
    let records = read(TREEBANK, &options).unwrap();
    let metadata: Vec<_> = records.iter().map(|record| record.metadata.join("|")).collect();
    assert_eq!(metadata, ["d1|s1", "d2|s3"]);
}

#[test]
fn what_is_no_word_of_a_treebank_is_named() {
    let fails = |line: &str, message: &str| {
        let text = format!("# sent_id = 1\n{line}\n");
        let error = read(&text, &ReaderOptions::default()).unwrap_err().to_string();
        assert_eq!(error, format!("`t.conllu`, line 2: found {message}"));
    };
    let ten = "expected 10 columns with tabs between, as CoNLL-U has";
    fails("EU NNP B-NP B-ORG", &format!("a word of 1 column(s), `EU NNP B-NP B-ORG`, {ten}"));
    fails("1\tEU\tEU", &format!("a word of 3 column(s), `1\tEU\tEU`, {ten}"));
    let expected = "expected the number of a word: `3`, `3-4` or `3.1`";
    fails("x\ta\ta\tX\t_\t_\t0\t_\t_\t_", &format!("`x` in the first column, {expected}"));
}

#[test]
fn ends_are_after_blank_lines_or_before_documents() {
    let end = |options: &str, text: &str| {
        Conllu::open(&ReaderOptions::default(), options.as_bytes()).last_end(text.as_bytes())
    };
    assert_eq!(end("", "1\ta\n\n1\tb\n"), Some("1\ta\n\n".len()));
    assert_eq!(end("", "1\ta\r\n\r\n1\tb"), Some("1\ta\r\n\r\n".len()));
    assert_eq!(end("", "1\ta\n1\tb\n"), None);
    let text = "# newdoc\n1\ta\n\n# newdoc\n1\tb\n\n";
    assert_eq!(end(text, text), Some("# newdoc\n1\ta\n\n".len()));
    // Whatever follows the word, a document begins.
    let text = "# newdoc a b\n1\ta\n\n#newdoc c d = e\n1\tb\n\n";
    assert_eq!(end(text, text), Some("# newdoc a b\n1\ta\n\n".len()));
    // The last line may go on: `# newdocument`.
    assert_eq!(end(text, "# newdoc\n1\ta\n\n# newdoc"), None);
    assert_eq!(end(text, "# newdoc\n1\ta\n\n1\tb\n\n"), None);
}

proptest! {
    #[test]
    fn a_cut_at_an_end_changes_nothing(
        lines in prop::collection::vec(0usize..5, 0..12), at in any::<prop::sample::Index>(),
        newdoc in any::<bool>()
    ) {
        let word = "1\tab\tab\tX\t_\t_\t0\t_\t_\t_\n";
        let span = "1-2\tc\t_\t_\t_\t_\t_\t_\t_\t_\n";
        let kinds = ["\n", word, "# sent_id = 4\n", "# newdoc x id = 3\n", span];
        let text: String = lines.iter().map(|&kind| kinds[kind]).collect();
        let options = ReaderOptions::default().metadata(["id"]);
        let reader = Conllu::open(&options, if newdoc { b"# newdoc\n" } else { b"" });
        let end = reader.last_end(&text.as_bytes()[..at.index(text.len() + 1)]).unwrap_or(0);
        let place = Place { path: "t".as_ref(), line: 1 };
        let read = |text: &str| read_records(&reader, text.as_bytes(), place, &options).unwrap();
        prop_assert_eq!([read(&text[..end]), read(&text[end..])].concat(), read(&text));
    }
}
