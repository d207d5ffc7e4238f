//! A run in one process, whose model is that of [`embed()`](crate::embed()), to the bit.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::*;
use crate::base::error::Result;
use crate::config::{EmbedConfig, Recipe};
use crate::corpus::{Corpus, CorpusShare, TextList, WrappedLines};
use crate::counts::{ContextSides, Contexts, DistanceWeights};
use crate::model::Model;
use crate::weighting::formulas::Weighting;
use crate::weighting::subsample::Subsampling;

/// The nodes of both matrices, with their blocks in files.
struct Engine {
    nodes: [Vec<NodeBlocks>; 2],
}

impl Products for Engine {
    fn products(&self, part: MatrixPart, product: &Product) -> Result<Vec<Vec<u8>>> {
        let of_node = |node: &NodeBlocks| {
            (0..product.n_pieces).map(|piece| node.multiply(&product.bytes, piece)).collect()
        };
        let parts: Vec<Vec<Vec<u8>>> =
            self.nodes[part as usize].iter().map(of_node).collect::<Result<_>>()?;
        Ok(parts.into_iter().flatten().collect())
    }
}

/// Runs all stages over shares of so many bytes.
fn distributed(corpus: &Corpus, config: &EmbedConfig, share_bytes: u64, n_slots: usize) -> Model {
    let plan = Plan::of_json(&Plan::new(corpus, config.clone()).unwrap().to_json()).unwrap();
    let shares = corpus.shares(share_bytes, |_| false).unwrap();
    let worker = Worker::new(plan.clone()).unwrap();
    let read = |share: &CorpusShare| worker.read_files(share).unwrap();
    let read: Vec<_> = shares.iter().map(read).collect();
    let is_cut = |share: &&CorpusShare| share.part.is_some();
    let fingerprints: Vec<_> =
        shares.iter().filter(is_cut).map(|it| it.sources[0].fingerprint().unwrap()).collect();
    run(&worker, plan, read, &fingerprints, n_slots)
}

fn run(
    worker: &Worker,
    plan: Plan,
    read: Vec<(Vec<u8>, String)>,
    fingerprints: &[crate::corpus::SourceReport],
    n_slots: usize,
) -> Model {
    let mut driver = Driver::new(plan).unwrap();
    let (tokens, reports): (Vec<_>, Vec<_>) = read.into_iter().unzip();
    assert_eq!(Driver::with_long_lines(&reports).unwrap(), [0; 0]);
    // Backwards: the order of merging does not matter.
    let merged = |tables: Vec<Vec<u8>>| {
        let merge = |a: Vec<u8>, b: Vec<u8>| Worker::merge_tables(&a, &b).unwrap();
        tables.into_iter().rev().reduce(merge).unwrap()
    };
    let table = merged(tokens.iter().map(|it| worker.table(it, None).unwrap()).collect());
    if driver.learn(&table, &reports, 0).unwrap() {
        let known = driver.known_words();
        let sums = tokens.iter().map(|it| worker.ends_behind(it, &known).unwrap());
        let add = |a: Vec<u32>, b: Vec<u32>| a.iter().zip(&b).map(|(a, b)| a + b).collect();
        driver.end_behind(&sums.reduce(add).unwrap());
    }
    let (joined, has_joined) = driver.joined();
    if has_joined {
        let known = driver.known_words();
        let table = |(tokens, joined): (&Vec<u8>, &String)| {
            worker.table(tokens, Some((&known, joined))).unwrap()
        };
        driver.count_joined(&merged(tokens.iter().zip(&joined).map(table).collect())).unwrap();
    }
    let n_words = driver.vocabulary().unwrap();
    let known = driver.known_words();
    let mut kept: Vec<Kept> = tokens
        .iter()
        .zip(&joined)
        .map(|(tokens, joined)| worker.keep(tokens, &known, joined).unwrap())
        .collect();
    let sum = |number: fn(&Kept) -> u64| kept.iter().map(number).sum();
    driver.keep(sum(|it| it.n_documents), sum(|it| it.n_stops), 0, &()).unwrap();
    if driver.counts_stretches() {
        let mut first = 0;
        let of_share = |share: &Kept| {
            let start = first;
            first += share.n_tokens;
            Worker::stretches(&share.bytes, start, n_words).unwrap()
        };
        let merge = |a: Vec<u8>, b: Vec<u8>| Worker::merge_stretches(&b, &a).unwrap();
        driver.take_stretches(&kept.iter().map(of_share).reduce(merge).unwrap()).unwrap();
    }
    if driver.draws() {
        let (mut first, mut occurrences) = (0, vec![0; n_words]);
        for share in &mut kept {
            let (bytes, of_share) = worker.draw(&share.bytes, first, driver.counts()).unwrap();
            first += share.n_tokens;
            (share.bytes, share.n_tokens) = (bytes, of_share.iter().sum());
            occurrences
                .iter_mut()
                .zip(of_share)
                .for_each(|(sum, more): (&mut u64, u64)| *sum += more);
        }
        driver.take_occurrences(occurrences).unwrap();
    }
    let occurrences = driver.occurrences().to_vec();
    let (mut parts, mut first) = (BTreeMap::<u64, Vec<Vec<u8>>>::new(), 0);
    for share in &kept {
        let all = 0..driver.n_tasks().unwrap();
        for (task, bytes) in worker.count(&share.bytes, first, &occurrences, all).unwrap() {
            parts.entry(task).or_default().push(bytes);
        }
        first += share.n_tokens;
    }
    let rows: BTreeMap<u64, Counted> = parts
        .iter()
        .map(|(&task, parts)| {
            let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
            (task, worker.join(&occurrences, &parts).unwrap())
        })
        .collect();
    let tasks: Vec<_> = rows.iter().map(|(&task, it)| (task, it.n_rows, it.n_entries)).collect();
    let blocks = driver.blocks(&tasks).unwrap();
    let of_blocks: Vec<BlockRows<'_>> = blocks
        .iter()
        .map(|block| BlockRows {
            tasks: block.tasks.iter().map(|task| rows[task].bytes.as_slice()).collect(),
            first_row: block.first_row as usize,
            n_rows: driver.n_rows(),
        })
        .collect();
    let counts = driver.counts().to_vec();
    for block in &of_blocks {
        driver.add_sums(&worker.sums(block, &counts).unwrap()).unwrap();
    }
    let terms = driver.terms();
    let folder = tempfile::tempdir().unwrap();
    let laid: Vec<Laid> = of_blocks
        .iter()
        .enumerate()
        .map(|(number, block)| {
            let files = folder.path().join(number.to_string());
            worker.weigh(block, &counts, &terms, files.to_str().unwrap()).unwrap()
        })
        .collect();
    let headers: Vec<Vec<String>> =
        laid.iter().map(|it| it.parts.iter().map(|(header, _)| header.clone()).collect()).collect();
    driver.take_headers(&headers, laid.iter().map(|it| it.n_entries).sum()).unwrap();
    let files = |part: usize, number: usize| laid[number].parts.get(part).cloned();
    let nodes = |part: MatrixPart| -> Vec<NodeBlocks> {
        let (n_columns, is_symmetric) = driver.shape(part);
        let open = |(blocks, first_row): (std::ops::Range<usize>, usize)| {
            let blocks: Vec<_> = blocks.filter_map(|it| files(part as usize, it)).collect();
            NodeBlocks::open(n_columns, is_symmetric, first_row, 1 << 20, &blocks).unwrap()
        };
        driver.nodes(part, n_slots).into_iter().map(open).collect()
    };
    let engine = Engine { nodes: [nodes(MatrixPart::Fitted), nodes(MatrixPart::Others)] };
    driver.decompose(&engine, n_slots, fingerprints, None, &()).unwrap()
}

fn corpus_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpora").join(name)
}

/// Both digests, and all that a model says of its corpus.
fn facts(model: &Model) -> (String, Option<String>, String) {
    let mut provenance = model.provenance.clone();
    provenance.stages.clear();
    provenance.config.temporary_folder = None;
    (
        provenance.digest.clone(),
        provenance.encoder_digest.clone(),
        serde_json::to_string(&provenance).unwrap(),
    )
}

#[test]
fn every_recipe_gives_the_model_of_a_single_process() {
    let corpus = Corpus::open(corpus_file("english.txt")).unwrap();
    for recipe in [Recipe::Window, Recipe::Lsa, Recipe::Documents, Recipe::Passages] {
        let config = EmbedConfig::recipe(recipe).dim(40);
        let expected = crate::embed(&corpus, &config, &()).unwrap();
        for (share_bytes, n_slots) in [(u64::MAX, 1), (20_000, 2), (3000, 5)] {
            let model = distributed(&corpus, &config, share_bytes, n_slots);
            assert_eq!(facts(&model), facts(&expected), "{recipe:?}, shares of {share_bytes}");
        }
    }
}

#[test]
fn every_way_to_count_and_weigh_gives_the_model_of_a_single_process() {
    let corpus = Corpus::open(corpus_file("spanish.txt")).unwrap();
    let window = |distance_weights, context_sides, max_contexts| Contexts::Window {
        size: 4,
        distance_weights,
        context_sides,
        max_contexts,
    };
    let base = EmbedConfig::window().dim(20).min_count(2);
    let plain = EmbedConfig {
        dispersion: 0.0,
        damping: 0.0,
        numerals: true,
        subwords: None,
        fit_words: None,
        ..base.clone()
    };
    let joint = window(DistanceWeights::Linear, ContextSides::Joint, None);
    let random = Some(Subsampling { threshold: 1e-3, random: true });
    let expected_counts = Some(Subsampling { threshold: 1e-3, random: false });
    for config in [
        EmbedConfig { fit_words: Some(100), ..base.clone() },
        EmbedConfig { contexts: joint, ..plain.clone() },
        EmbedConfig {
            contexts: joint,
            weighting: Weighting::Ppmi { smoothing: 1.0, shift: 2.0 },
            ..plain.clone()
        },
        EmbedConfig {
            weighting: Weighting::Ppmi { smoothing: 0.75, shift: 1.0 },
            subsample: expected_counts,
            ..plain.clone()
        },
        EmbedConfig {
            contexts: window(DistanceWeights::Random, ContextSides::Separate, Some(50)),
            subsample: random,
            add_contexts: true,
            ..plain.clone()
        },
        EmbedConfig { weighting: Weighting::LogEntropy, ..EmbedConfig::documents().dim(20) },
        EmbedConfig { weighting: Weighting::TfIdf, ..EmbedConfig::documents().dim(20) },
        EmbedConfig {
            subsample: expected_counts,
            power_iterations: Some(2),
            ..EmbedConfig::passages().dim(20)
        },
    ] {
        let expected = crate::embed(&corpus, &config, &()).unwrap();
        let model = distributed(&corpus, &config, 10_000, 3);
        assert_eq!(facts(&model), facts(&expected), "{config:?}");
    }
}

/// Wrapped lines, hyphens, abbreviations, paragraphs and compressed files, none of which is cut.
#[test]
fn files_of_other_kinds_give_the_model_of_a_single_process() {
    let folder = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(corpus_file("english.txt")).unwrap();
    let wrapped = |words: &[&str]| {
        let mut text = String::new();
        let mut length = 0;
        for (number, word) in words.iter().enumerate() {
            if length + word.len() > 60 {
                // Every second line breaks a word.
                let cut = word.len() / 2;
                if number % 2 == 0 && word.is_ascii() && cut > 1 {
                    text.push_str(&format!("{}-\n{} ", &word[..cut], &word[cut..]));
                } else {
                    text.push_str(&format!("\n{word} "));
                }
                length = word.len();
                continue;
            }
            text.push_str(&format!("{word} "));
            length += word.len() + 1;
        }
        format!("{text}Mr. Smith etc. went. Dr. Who and Prof. X saw it.\n\n")
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    for (number, words) in words.chunks(words.len() / 7 + 1).enumerate() {
        let parts: Vec<String> = words.chunks(300).map(wrapped).collect();
        let bytes = parts.concat().into_bytes();
        if number == 3 {
            let packed = zstd::encode_all(&bytes[..], 1).unwrap();
            fs::write(folder.path().join("3.txt.zst"), packed).unwrap();
        } else {
            fs::write(folder.path().join(format!("{number}.txt")), bytes).unwrap();
        }
    }
    let options = Corpus::options().wrapped_lines(WrappedLines::Join);
    let corpus = options.open([folder.path()]).unwrap();
    for recipe in [Recipe::Window, Recipe::Passages] {
        let config = EmbedConfig::recipe(recipe).dim(30).min_count(2);
        let expected = crate::embed(&corpus, &config, &()).unwrap();
        assert!(expected.provenance.corpus.joined_words > 50);
        for share_bytes in [20_000, 100_000] {
            let model = distributed(&corpus, &config, share_bytes, 2);
            assert_eq!(facts(&model), facts(&expected), "{recipe:?}, shares of {share_bytes}");
        }
    }
}

#[test]
fn texts_that_an_engine_holds_give_the_model_of_their_lines() {
    let path = corpus_file("english.txt");
    let text = fs::read_to_string(&path).unwrap();
    let config = EmbedConfig::window().dim(40);
    let expected = crate::embed(&Corpus::open(&path).unwrap(), &config, &()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let nothing = Corpus::options().open_held("texts", Arc::new(TextList::default()));
    let plan = Plan::new(&nothing, config).unwrap();
    let worker = Worker::new(plan.clone()).unwrap();
    let read = lines.chunks(lines.len() / 3 + 1).map(|lines| {
        let mut texts = TextList::default();
        lines.iter().for_each(|line| texts.push_text(line));
        worker.read_texts(Path::new("texts"), Arc::new(texts)).unwrap()
    });
    let model = run(&worker, plan.clone(), read.collect(), &[], 2);
    assert_eq!(model.provenance.digest, expected.provenance.digest);
    assert_eq!(model.provenance.encoder_digest, expected.provenance.encoder_digest);
}
