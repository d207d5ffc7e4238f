//! The library's face, as a foreign crate meets it: what it can build, what errors tell it, and
//! that no type has two names.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use eigenlex::corpus::DocumentUnit;
use eigenlex::input::OnBadText;
use eigenlex::network::{Loss, NetworkConfig, NetworkKind};
use eigenlex::query::{self, Method, Search};
use eigenlex::space::Subwords;
use eigenlex::tokenize::{PhraseConfig, TokenizerConfig};
use eigenlex::weighting::{Subsampling, Weighting};
use eigenlex::{
    Corpus, EmbedConfig, Error, ErrorKind, Lever, Model, RandomizedSvd, Recipe, Stage, WordVectors,
    Words, embed,
};

/// A text of two subjects, a document a line.
fn corpus(folder: &Path) -> Corpus {
    let path = folder.join("text");
    let text = "the king rules the land\nthe queen rules the land\na ship sails the sea\n";
    fs::write(&path, text.repeat(20)).unwrap();
    Corpus::options().unit(DocumentUnit::Line).on_bad_text(OnBadText::Error).open([path]).unwrap()
}

fn small() -> EmbedConfig {
    EmbedConfig::lsa().dim(2).min_count(1)
}

#[test]
fn a_configuration_has_a_method_for_each_parameter() {
    let config = EmbedConfig::window()
        .tokenizer(TokenizerConfig::Whitespace)
        .phrases(PhraseConfig::default())
        .document_tokens(100)
        .min_count(2)
        .max_words(1000)
        .subsample(Subsampling { threshold: 1e-3, random: false })
        .window_size(5)
        .sentences(false)
        .weighting(Weighting::Log)
        .dispersion(0.0)
        .damping(0.0)
        .numerals(true)
        .fit_words(None)
        .dim(100)
        .lower_dim(true)
        .seed(7)
        .tolerance(1e-2)
        .power_iterations(4)
        .drop_components(2)
        .sigma_exponent(0.5)
        .add_contexts(true)
        .center(false)
        .subwords(Subwords { strength: 2.0, ..Subwords::default() })
        .memory(4 << 30)
        .temporary_folder("tmp")
        .checkpoint_folder("kept");
    config.check().unwrap();
    assert_eq!((config.dim, config.seed, config.drop_components), (100, 7, 2));
    assert_eq!(config.memory.bytes, Some(4 << 30));
    assert_eq!(EmbedConfig::recipe(Recipe::Documents), EmbedConfig::documents());
    let network = NetworkConfig::new(NetworkKind::Autoencoder).loss(Loss::Squared).epochs(3);
    let config = EmbedConfig::passages().network(network);
    config.check().unwrap();
    assert_eq!((config.drop_components, config.sigma_exponent), (0, 0.0));
    RandomizedSvd::new(5).tolerance(1e-2).left_vectors(true).max_basis(100).check().unwrap();
}

#[test]
fn dimensions_are_those_of_the_vectors_whatever_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    for dropped in 0..3 {
        let config = small().drop_components(dropped);
        let model = embed(&corpus(folder.path()), &config, &()).unwrap();
        assert_eq!((model.vectors.dim(), model.provenance.dim), (2, 2));
        assert_eq!(model.provenance.spectrum.singular_values.len(), 2 + dropped);
    }
}

#[test]
fn a_model_answers_saves_and_opens() {
    let folder = tempfile::tempdir().unwrap();
    let corpus = corpus(folder.path());
    let model = embed(&corpus, &small().dim(3), &()).unwrap();
    let path = folder.path().join("model");
    model.save(&path).unwrap();
    assert!(matches!(model.save(&path), Err(Error::OutputExists { .. })));
    let model = Model::open(&path).unwrap();

    // Words of a question are cut as the corpus was.
    assert_eq!(model.neighbors("King", 1).unwrap(), model.neighbors("king", 1).unwrap());
    assert!((model.similarity("king", "king").unwrap() - 1.0).abs() < 1e-6);
    let lookup = query::Lookup::new(&model.vectors, &str::to_owned);
    let by_hand = query::Expression::resolve(&"king - rules + sea".parse().unwrap(), &lookup);
    let by_hand =
        query::math(&model.vectors, &by_hand.unwrap(), Method::Mul, &Search::new(10)).unwrap();
    assert_eq!(model.math("king - rules + sea").unwrap(), by_hand);
    assert_eq!(model.vectors.math("king - rules + sea").unwrap(), by_hand);
    let codes = model.encode_documents(&corpus, &()).unwrap();
    assert_eq!(codes.dim(), model.encode("a ship").unwrap().len());
    assert_eq!(model.search(&codes, "a ship", 2).unwrap().len(), 2);
    let error = model.encode("unknown words").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[test]
fn vectors_of_a_file_answer_in_exactly_their_spelling() {
    let words: Words = ["Paris", "paris"].into_iter().collect();
    let vectors = WordVectors::new(words, 2, vec![1.0, 0.0, 0.0, 1.0]);
    assert_eq!(vectors.similarity("Paris", "paris").unwrap(), 0.0);
    assert!(matches!(vectors.neighbors("PARIS", 1), Err(Error::UnknownWord { .. })));
}

#[test]
fn errors_are_data_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let corpus = corpus(folder.path());
    if let Err(error) = embed(&corpus, &small().memory(200 << 20), &()) {
        panic!("200 MiB suffice: {error}");
    }
    let error = embed(&corpus, &small().memory(1), &()).unwrap_err();
    let Error::MemoryBudget { stage, budget: 1, levers, .. } = error else { panic!("{error}") };
    assert!((stage, levers.contains(&Lever::CorpusSize)) == (Stage::Tokenize, true), "{levers:?}");
    let error = embed(&corpus, &small().dim(1000), &()).unwrap_err();
    assert!(matches!(error, Error::DimTooLarge { dim: 1000, dropped: 0, .. }), "{error}");
    let message = error.to_string();
    assert!(!message.contains('\n') && !message.contains("--"), "{message}");
}

/// The names that a source file gives to whoever uses its module.
fn public_names(source: &str) -> Vec<String> {
    let mut names = Vec::new();
    let source = source.split("#[cfg(test)]\nmod tests").next().unwrap();
    for statement in source.split("\npub ").skip(1) {
        let first = statement.split([';']).next().unwrap();
        if let Some(list) = first.strip_prefix("use ") {
            let list = list.replace(['\n', ' '], "");
            let last = match list.split_once('{') {
                Some((_, inner)) => inner.trim_end_matches('}').to_owned(),
                None => list.rsplit("::").next().unwrap().to_owned(),
            };
            names.extend(last.split(',').filter(|name| !name.is_empty()).map(str::to_owned));
        }
        for kind in ["struct ", "enum ", "trait ", "fn ", "const ", "type "] {
            if let Some(rest) = first.strip_prefix(kind) {
                let end = |c: char| !(c.is_alphanumeric() || c == '_');
                names.push(rest.split(end).next().unwrap().to_owned());
            }
        }
    }
    names
}

#[test]
fn no_public_name_has_two_paths() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let root = fs::read_to_string(src.join("lib.rs")).unwrap();
    let mut paths: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for name in public_names(&root) {
        paths.entry(name).or_default().push("the root".to_owned());
    }
    let modules = root.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    for module in modules {
        let source = fs::read_to_string(src.join(module).join("mod.rs")).unwrap();
        for name in public_names(&source) {
            paths.entry(name).or_default().push(module.to_owned());
        }
    }
    // Functions of two modules may be called alike.
    let is_type = |name: &str| name.starts_with(char::is_uppercase);
    let several: Vec<_> =
        paths.iter().filter(|(name, places)| is_type(name) && places.len() > 1).collect();
    assert!(several.is_empty(), "{several:?}");
    assert!(paths.len() > 100, "only {} names were found", paths.len());
}

/// What spelling added can be taken away again, to the bit.
#[test]
fn a_model_knows_its_vectors_without_subwords() {
    let corpus = Corpus::open(concat!(env!("CARGO_MANIFEST_DIR"), "/corpora/english.txt")).unwrap();
    let config = EmbedConfig::window().dim(20);
    let model = eigenlex::embed(&corpus, &config, &()).unwrap();
    let plain = config.clone().subwords(None::<Subwords>);
    let plain = embed(&corpus, &plain, &()).unwrap();
    assert!(plain.vectors_without_subwords().is_none());
    let found = model.vectors_without_subwords().unwrap();
    assert!(found.as_slice() == plain.vectors.as_slice());
    assert!(found.as_slice() != model.vectors.as_slice());
    let folder = tempfile::tempdir().unwrap();
    model.save(folder.path().join("model")).unwrap();
    let opened = Model::open(folder.path().join("model")).unwrap();
    assert_eq!(opened.vectors_without_subwords().unwrap().digest(), plain.vectors.digest());
}
