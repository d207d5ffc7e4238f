//! Wikitext against worked examples, and against hostile pages.

use std::time::Instant;

use proptest::prelude::*;

use super::*;

fn plain(wikitext: &str) -> String {
    let mut namespaces = Namespaces::default();
    namespaces.add_file("Ilova");
    namespaces.add_category("Turkum");
    let mut text = String::new();
    push_plain_text(wikitext, &namespaces, &mut text);
    text
}

#[test]
fn an_article_becomes_paragraphs_headings_and_items() {
    let article = "{{Infobox king|name={{nowrap|Old [[King]]}}|image=[[File:x.jpg|20px]]\n|}}\n\
        '''Old King Cole''' (''merry'' [[soul (disambiguation)|soul]]s){{efn|a note}} \
        was a [[king]].<ref name=\"a\">{{cite|title=No}}</ref><ref name=b /><!-- no -->\n\
        He called for his [[pipe|'''pipe''']].\n\n\
        [[File:Cole.jpg|thumb|A [[king]] with a [http://x.org pipe]]]\n\
        == His ''fiddlers'' == <!-- three -->\n\
        * one\n** [[two]]\n# three\n; term : meaning\n: indented\n----\n\
        {| class=\"wikitable\"\n|-\n! Head\n| cell {{x}} || [[link]]\n{|\n| inner\n|}\n|}\n\
        See [http://example.org/a?b=c the site], [https://x.org] or [//y.org here].\n\
        __NOTOC__\n[[Category:Kings]]\n[[fr:Roi]]\n\
        [[:Category:Kings]] and [[:fr:Roi|the French]]\n";
    let expected = "Old King Cole (merry souls) was a king.\n\
        He called for his pipe.\n\nHis fiddlers\n\none\ntwo\nthree\nterm : meaning\nindented\n\n\
        See the site,  or here.\n\nCategory:Kings and the French\n";
    assert_eq!(plain(article), expected);
}

#[test]
fn tags_keep_or_drop_what_stands_in_them() {
    assert_eq!(
        plain("H<sub>2</sub>O <b>is</b><br/>wet<math>x^2</math> <SMALL>so</SMALL>"),
        "H2O is wet so\n"
    );
    assert_eq!(
        plain("<nowiki>[[a]] {{b}} &amp;</nowiki> <gallery>\nFile:a.jpg|x\n</gallery>c"),
        "[[a]] {{b}} & c\n"
    );
    assert_eq!(
        plain("a <div class=\"x\">b</div> c < d <3 <unknown> e"),
        "a\nb\nc < d <3 <unknown> e\n"
    );
    assert_eq!(plain("a<ref>never closed"), "anever closed\n");
    assert_eq!(plain("a<ref>b</REF >c<references />d"), "acd\n");
    assert_eq!(plain("a<!-- b"), "a\n");
    assert_eq!(plain("<syntaxhighlight lang=c>int x;</syntaxhighlight>a"), "a\n");
}

#[test]
fn quotes_for_italic_and_bold_are_marks_and_apostrophes_are_letters() {
    assert_eq!(plain("l'homme ''d'état'' '''''x''''' ''''y''' "), "l'homme d'état x 'y\n");
}

#[test]
fn references_and_spaces_are_characters() {
    assert_eq!(plain("5&nbsp;km &amp; R&D &eacute;&#233; &lt;b&gt;"), "5\u{A0}km & R&D éé <b>\n");
}

#[test]
fn links_show_their_text_unless_they_are_to_files_categories_and_languages() {
    assert_eq!(plain("[[Ilova:a.jpg|thumb|x]][[turkum:b]][[Datei:c.jpg]][[zh-yue:d]]e"), "e\n");
    assert_eq!(
        plain("[[wikt:king|king]] [[It: Chapter Two]] [[w:A|b]] [[a#b|]]c"),
        "king It: Chapter Two b c\n"
    );
    assert_eq!(
        plain("[[never closed\nand on [x] [[a|b\n\nc]] d"),
        "never closed\nand on [x] b\n\nc]] d\n"
    );
    assert_eq!(plain("[[File:a.jpg|thumb|b\nc {{d}} [[e|f]]\n\ng]]h"), "h\n");
}

#[test]
fn braces_pair_as_templates_and_parameters() {
    assert_eq!(
        plain("a{{{1|{{b|{{{2}}}}}}}}c {{{{d}}}} {e} }} {{{{{1}}}|x}}f"),
        "ac  {e} }f\n".replace(" }f", "  f").as_str()
    );
    assert_eq!(plain("{{never closed\ntext"), "never closed\ntext\n");
    assert_eq!(plain("{{a\n|b=\n{|\n|c\n|}\n}}d {{e\n|}}f"), "d f\n");
}

#[test]
fn headings_stand_on_lines_of_their_own() {
    assert_eq!(
        plain("a\n===b===\nc\n= d\ne = f =\n====\n== {{x}} ==\ng"),
        "a\n\nb\n\nc\n= d\ne = f =\n====\n\ng\n"
    );
    assert_eq!(plain("==a=="), "a\n");
}

#[test]
fn hostile_pages_take_linear_time() {
    let marks = [
        "{{",
        "{{{",
        "}}",
        "[[",
        "]]",
        "[[a|",
        "<ref>",
        "</ref",
        "<",
        "<!--",
        "{|\n",
        "\n|}",
        "==",
        "\n=",
        "''",
        "&",
        "__",
        "[http://",
        "<nowiki>",
        "</",
        "<b",
        "[[File:a|",
        "\n==a",
        "_",
        "}}[[",
        "{{[[",
        "<ref></math>",
        "[[:a",
        "[[a|",
    ];
    for mark in marks {
        for mark in [mark.to_owned(), format!("{mark}a"), format!("{{{{{mark}")] {
            let start = Instant::now();
            plain(&mark.repeat(1_000_000 / mark.len()));
            // Quadratic time would be minutes.
            assert!(start.elapsed().as_secs() < 10, "{mark}");
        }
    }
}

proptest! {
    #[test]
    fn no_page_makes_it_panic(
        page in "(\\{\\{|\\}\\}|\\{\\||\n\\|\\}|\\[\\[|\\]\\]|<ref>|</ref>|<!--|-->|\n==|\
                 [\\[\\]{}<>&;'|=_:*\naAé-]){0,40}"
    ) {
        let text = plain(&page);
        prop_assert!(!text.contains("\n\n\n"));
    }

    #[test]
    fn text_without_marks_is_itself(words in prop::collection::vec("[a-zéก][a-z.,]{0,5}", 1..20)) {
        let text = words.join(" ");
        prop_assert_eq!(plain(&text), format!("{text}\n"));
    }
}
