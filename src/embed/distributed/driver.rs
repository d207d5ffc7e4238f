//! The process that decides: it takes the sums of all shares and blocks, and ends with the model.

use std::collections::BTreeMap;

use super::Plan;
use super::operator::{COLUMNS_AT_A_TIME, MatrixPart, Node, nodes_of};
use super::terms::Terms;
use super::worker::{Joined, header, not_ours};
use crate::base::error::{Error, Lever, Result};
use crate::base::progress::{Progress, Stage};
use crate::base::words::{WordId, Words};
use crate::config::EmbedConfig;
use crate::counts::{TaskPlan, block_lengths};
use crate::embed::pipeline::{LEVERS, shaping};
use crate::embed::tail::Tail;
use crate::matrix::BlockHeader;
use crate::operator::Workspace;
use crate::tokenize::{
    AbbreviationReport, KnownWords, ShareReport, Tokenizer, WordTable, joined_words,
};
use crate::vocab::{StretchCounts, Vocab};
use crate::weighting::sums::Sums;

/// Most rows of a batch of a product of both directions.
const BATCH_ROWS: usize = 1 << 16;

/// What makes the table of the words smaller.
const TABLE_LEVERS: &[Lever] = &[Lever::CorpusSize];

/// Takes the sums of a run, in the order that the [module](super) has, and decides.
pub struct Driver {
    pub(super) plan: Plan,
    /// With the dimensions that the matrix allows, and the memory that the process has left.
    pub(super) config: EmbedConfig,
    pub(super) tokenizer: Tokenizer,
    /// The words of all shares as they were read.
    table: WordTable,
    /// The same once words were joined, if some were.
    joined_table: Option<WordTable>,
    pub(super) reports: Vec<ShareReport>,
    found: Vec<bool>,
    begins: Vec<bool>,
    pub(super) abbreviations: Option<AbbreviationReport>,
    pub(super) joined: Vec<Vec<(u64, String)>>,
    vocab: Option<Vocab>,
    pub(super) n_documents: usize,
    occurrences: Vec<u64>,
    /// Whether the counts are their own transpose.
    is_symmetric: bool,
    n_rows: usize,
    /// Of each block.
    block_rows: Vec<usize>,
    sums: Sums,
    pub(super) terms: Option<Terms>,
    pub(super) n_nonzeros: u64,
    pub(super) headers: [Vec<BlockHeader>; 2],
}

/// A block of the matrix: the numbers of its tasks, and of its first row.
pub struct Block {
    /// The tasks, in order.
    pub tasks: Vec<u64>,
    /// The number of its first row.
    pub first_row: u64,
}

impl Driver {
    /// # Errors
    /// A tokenizer that cannot be made.
    pub fn new(plan: Plan) -> Result<Self> {
        let (config, tokenizer) = (plan.config.clone(), plan.tokenizer()?);
        Ok(Self {
            plan,
            config,
            tokenizer,
            table: WordTable::default(),
            joined_table: None,
            reports: Vec::new(),
            found: Vec::new(),
            begins: Vec::new(),
            abbreviations: None,
            joined: Vec::new(),
            vocab: None,
            n_documents: 0,
            occurrences: Vec::new(),
            is_symmetric: false,
            n_rows: 0,
            block_rows: Vec::new(),
            sums: Sums::default(),
            terms: None,
            n_nonzeros: 0,
            headers: [Vec::new(), Vec::new()],
        })
    }

    /// Which shares have a line that is longer than a piece of text, by their reports: their file
    /// must not be cut.
    ///
    /// # Errors
    /// Text that is none of [`Worker::read_files`](super::Worker::read_files).
    pub fn with_long_lines(reports: &[String]) -> Result<Vec<usize>> {
        let reports = parsed(reports)?;
        Ok((0..reports.len()).filter(|&share| reports[share].cuts_line).collect())
    }

    /// Learns the words of all shares, and the reports of the shares in their order. Returns
    /// whether [`Driver::end_behind`] must follow. `held_bytes` are what the process holds already.
    ///
    /// # Errors
    /// Bytes that are none of [`Worker::table`](super::Worker::table); a corpus without a token;
    /// more memory than the budget.
    pub fn learn(&mut self, table: &[u8], reports: &[String], held_bytes: u64) -> Result<bool> {
        let needed = held_bytes + 4 * table.len() as u64;
        self.config.memory.check(Stage::Vocabulary, needed, TABLE_LEVERS)?;
        self.table = WordTable::of_bytes(table)?;
        self.reports = parsed(reports)?;
        if self.table.words.is_empty() {
            let n_bytes = self.reports.iter().map(|it| it.report.text_bytes).sum();
            let n_files = self.reports.iter().map(|it| it.report.sources.len()).sum();
            return Err(Error::EmptyCorpus { n_files, n_bytes, only_headings: false });
        }
        self.look_for_abbreviations(None);
        Ok(self.found.contains(&true))
    }

    /// Which words are abbreviations; `n_ends`: how often sentences end behind those that seem so.
    fn look_for_abbreviations(&mut self, n_ends: Option<&[u32]>) {
        if !self.config.sentences {
            self.found = vec![false; self.table.words.len()];
            self.begins = self.found.clone();
            return;
        }
        let mut abbreviations = self.table.abbreviations(self.tokenizer.leaves_out_stops());
        if let Some(n_ends) = n_ends {
            let found = (0..).zip(&self.found).filter(|(_, found)| **found);
            let found: Vec<usize> = found.map(|(word, _)| word).collect();
            assert_eq!(found.len(), n_ends.len(), "a number for each abbreviation");
            let mut of_words = vec![0; self.found.len()];
            found.into_iter().zip(n_ends).for_each(|(word, &n)| of_words[word] = n);
            abbreviations.drop_ends_of_sentences(&of_words);
        }
        let found = (0..self.table.words.len() as u32).map(|word| abbreviations.is_found(word));
        let found = found.collect();
        let mut begins = vec![false; self.table.words.len()];
        for (word, does_begin) in self.table.beginnings(&abbreviations) {
            begins[word as usize] = does_begin;
        }
        let n_found = abbreviations.n_found() as u64;
        self.abbreviations = Some(AbbreviationReport { n_found, n_stops: 0 });
        (self.found, self.begins) = (found, begins);
    }

    /// Takes the sum of what [`Worker::ends_behind`](super::Worker::ends_behind) returns for all
    /// shares.
    ///
    /// # Panics
    /// If it has not a number for each abbreviation.
    pub fn end_behind(&mut self, n_ends: &[u32]) {
        self.look_for_abbreviations(Some(n_ends));
    }

    /// The words that a hyphen breaks, as JSON for each share, and whether there are any:
    /// [`Driver::count_joined`] must follow then.
    pub fn joined(&mut self) -> (Vec<String>, bool) {
        let shares: Vec<_> = self
            .reports
            .iter_mut()
            .map(|it| (it.n_tokens, std::mem::take(&mut it.breaks)))
            .collect();
        self.joined = joined_words(&self.table, &shares);
        let has_joined = self.joined.iter().any(|list| !list.is_empty());
        let json = |list: &Vec<(u64, String)>| {
            serde_json::to_string(&Joined(list.clone()))
                .expect("numbers and strings can be written")
        };
        (self.joined.iter().map(json).collect(), has_joined)
    }

    /// Takes the table of all words once they were joined.
    ///
    /// # Errors
    /// Bytes that are none of [`Worker::table`](super::Worker::table).
    pub fn count_joined(&mut self, table: &[u8]) -> Result<()> {
        self.joined_table = Some(WordTable::of_bytes(table)?);
        Ok(())
    }

    /// What is known of the words so far, for the workers. The numbers of the vocabulary are among
    /// it once there is one.
    pub fn known_words(&self) -> Vec<u8> {
        let mut known = KnownWords::default();
        let numbers: BTreeMap<&str, u32> = match &self.vocab {
            Some(vocab) => vocab.words.iter().zip(0..).collect(),
            None => BTreeMap::new(),
        };
        let is_asked = |place: usize| self.found[place] || self.begins[place];
        for (place, word) in self.table.words.iter().enumerate() {
            let number = numbers.get(word).copied().unwrap_or(KnownWords::DROPPED);
            if is_asked(place) || number != KnownWords::DROPPED {
                known.push(word, number, self.found[place], self.begins[place]);
            }
        }
        for (&word, &number) in &numbers {
            if self.joined_table.is_some() && self.table.position(word).is_none() {
                known.push(word, number, false, false);
            }
        }
        known.to_bytes()
    }

    /// Chooses the words that are kept: how many.
    ///
    /// # Errors
    /// No word passes.
    pub fn vocabulary(&mut self) -> Result<usize> {
        let table = self.joined_table.as_ref().unwrap_or(&self.table);
        let used: Vec<usize> = (0..table.words.len()).filter(|&it| table.counts[it] > 0).collect();
        let spelling = |&place: &usize| table.words.spelling(WordId(place as u32));
        let words: Words = used.iter().map(spelling).collect();
        let counts: Vec<u64> = used.iter().map(|&place| table.counts[place]).collect();
        let order = self.config.cutoff.order(&words, &counts)?;
        let frequency = |&id: &u32| table.document_frequencies[used[id as usize]];
        let vocab = Vocab {
            words: order.iter().map(|&id| words.spelling(WordId(id))).collect(),
            counts: order.iter().map(|&id| counts[id as usize]).collect(),
            document_frequencies: order.iter().map(frequency).collect(),
            stretches: Vec::new(),
            n_distinct: used.len(),
            n_tokens: counts.iter().sum(),
        };
        self.occurrences.clone_from(&vocab.counts);
        Ok(self.vocab.insert(vocab).words.len())
    }

    pub(super) fn vocab(&self) -> &Vocab {
        self.vocab.as_ref().expect("the vocabulary was chosen")
    }

    /// Takes how many documents all shares have, and how many full stops end no sentence; settles
    /// the shape of the matrix, and refuses what the memory of this process has no room for, beside
    /// the `held_bytes` that it holds already.
    ///
    /// # Errors
    /// Dimensions that the matrix does not have; more memory than the budget.
    pub fn keep(
        &mut self,
        n_documents: u64,
        n_stops: u64,
        held_bytes: u64,
        progress: &dyn Progress,
    ) -> Result<()> {
        self.n_documents = n_documents as usize;
        if let Some(report) = &mut self.abbreviations {
            report.n_stops = n_stops;
        }
        let n_words = self.vocab().words.len();
        let contexts = self.config.contexts;
        (self.n_rows, self.is_symmetric) = contexts.n_rows(self.n_documents, n_words);
        let n_columns = self.n_columns();
        self.config = self.config.for_matrix(self.n_rows, n_columns, progress)?.into_owned();
        let solver = self.solver();
        let nothing = |_: usize| Workspace::default();
        let is_symmetric = self.is_symmetric && self.fit_words().is_none();
        let panels = solver.memory_bytes(self.n_rows, n_columns, is_symmetric, &nothing);
        let tail = self.tail();
        let later =
            tail.row_bytes().max(if n_columns < n_words { tail.held_fold_bytes() } else { 0 });
        self.config.memory.check(Stage::Svd, held_bytes + panels.max(later), LEVERS)?;
        self.config.memory.bytes = self.config.memory.bytes.map(|bytes| bytes - held_bytes);
        Ok(())
    }

    /// How many words are decomposed, if not all.
    pub(super) fn fit_words(&self) -> Option<usize> {
        self.config.fit_words.filter(|&fit_words| fit_words < self.vocab().words.len())
    }

    fn n_columns(&self) -> usize {
        self.fit_words().unwrap_or(self.vocab().words.len())
    }

    pub(super) fn solver(&self) -> crate::svd::RandomizedSvd {
        self.config.solver(self.config.add_contexts || self.fit_words().is_some())
    }

    pub(super) fn tail(&self) -> Tail<'_> {
        let (n_columns, n_words) = (self.n_columns(), self.vocab().words.len());
        Tail { config: &self.config, n_rows: self.n_rows, n_columns, n_words }
    }

    /// Bytes of the panels that a task of a product holds, at most.
    pub fn worker_panel_bytes(&self) -> u64 {
        // Without left vectors the last product needs all columns at once, and no rows but those of
        // a batch.
        let (width, n_rows) = match self.solver().left_vectors {
            true => (COLUMNS_AT_A_TIME, self.n_rows),
            false => (self.config.rank().next_multiple_of(16), self.n_rows.min(BATCH_ROWS)),
        };
        let n_columns = self.n_columns().max(self.vocab().words.len() - self.n_columns());
        4 * (width * (n_rows + 2 * n_columns)) as u64
    }

    /// Whether [`Driver::take_stretches`] must follow.
    pub fn counts_stretches(&self) -> bool {
        self.config.dispersion > 0.0
    }

    /// Whether [`Worker::draw`](super::Worker::draw) must be run, and [`Driver::take_occurrences`]
    /// must follow.
    pub fn draws(&self) -> bool {
        self.config.subsample.is_some_and(|it| it.random)
    }

    /// Takes the sum of what [`Worker::stretches`](super::Worker::stretches) returns for all
    /// shares.
    ///
    /// # Errors
    /// Bytes that are none of it.
    pub fn take_stretches(&mut self, stretches: &[u8]) -> Result<()> {
        let stretches = StretchCounts::of_bytes(stretches)?.finish();
        if let Some(vocab) = &mut self.vocab {
            vocab.stretches = stretches;
        }
        Ok(())
    }

    /// Takes how often each word occurs once tokens were dropped.
    ///
    /// # Errors
    /// No token is left.
    pub fn take_occurrences(&mut self, occurrences: Vec<u64>) -> Result<()> {
        if occurrences.iter().all(|&it| it == 0) {
            let (n_rows, n_columns) = (self.n_documents, occurrences.len());
            return Err(Error::ZeroMatrix { n_rows, n_columns, stage: Stage::Subsample });
        }
        self.occurrences = occurrences;
        Ok(())
    }

    /// How often each word occurs among the tokens that are counted.
    pub fn occurrences(&self) -> &[u64] {
        &self.occurrences
    }

    /// How often each word occurs before any was dropped.
    pub fn counts(&self) -> &[u64] {
        &self.vocab().counts
    }

    fn task_plan(&self) -> Result<TaskPlan> {
        TaskPlan::new(&self.config.contexts, &self.occurrences, self.config.seed)
    }

    /// The number of tasks that are counted in every share; 0 where their number shows as they are
    /// counted.
    ///
    /// # Errors
    /// As [`Contexts::check`](crate::counts::Contexts::check).
    pub fn n_tasks(&self) -> Result<usize> {
        Ok(self.task_plan()?.n_tasks())
    }

    /// The blocks of the matrix, from the number, rows and entries of each task, in order.
    ///
    /// # Errors
    /// Tasks that make another matrix.
    pub fn blocks(&mut self, tasks: &[(u64, u64, u64)]) -> Result<Vec<Block>> {
        let n_rows: u64 = tasks.iter().map(|task| task.1).sum();
        if n_rows != self.n_rows as u64 {
            return Err(Error::Parameter {
                name: "tasks",
                found: format!("{n_rows} rows"),
                expected: format!("the {} of the matrix", self.n_rows),
            });
        }
        // Left and right contexts make blocks of their own.
        let n_directions = match self.task_plan()?.n_tasks() {
            0 => 1,
            _ => self.config.contexts.rows_per_context(),
        };
        let mut blocks = Vec::new();
        let mut first_row = 0;
        self.block_rows.clear();
        for direction in tasks.chunks(tasks.len().div_ceil(n_directions).max(1)) {
            let n_entries: Vec<u64> = direction.iter().map(|task| task.2).collect();
            let mut rest = direction;
            for length in block_lengths(&n_entries) {
                let (of_block, tail) = rest.split_at(length);
                rest = tail;
                blocks
                    .push(Block { tasks: of_block.iter().map(|task| task.0).collect(), first_row });
                let n_rows = of_block.iter().map(|task| task.1).sum::<u64>();
                first_row += n_rows;
                self.block_rows.push(n_rows as usize);
            }
        }
        Ok(blocks)
    }

    /// Adds the sums of the next block, in the order of the blocks.
    ///
    /// # Errors
    /// Bytes that are none of [`Worker::sums`](super::Worker::sums).
    pub fn add_sums(&mut self, sums: &[u8]) -> Result<()> {
        let sums = Sums::of_bytes(sums)?;
        self.sums.add(sums);
        Ok(())
    }

    /// Number of rows of the matrix.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// What the workers need to weigh blocks, once all sums were added.
    pub fn terms(&mut self) -> Vec<u8> {
        let config = &self.config;
        let vocab = self.vocab.as_ref().expect("the vocabulary was chosen");
        let sides = config.contexts.rows_per_context();
        let factors = shaping(config).factors(vocab, self.n_rows, sides);
        self.is_symmetric &= config.weighting.keeps_symmetry() && factors.is_none();
        let mut sums = std::mem::take(&mut self.sums);
        if self.is_symmetric {
            sums.symmetric();
        }
        let statistics = config.weighting.statistics(&sums, self.n_rows, factors.as_ref());
        let fit_words = self.fit_words();
        self.is_symmetric &= fit_words.is_none();
        let terms = Terms { statistics, factors, fit_words, is_symmetric: self.is_symmetric };
        self.terms.insert(terms).to_bytes()
    }

    /// Takes the headers of all blocks in order, those of each part of a block, and the number of
    /// all entries.
    ///
    /// # Errors
    /// Text that is none of [`Worker::weigh`](super::Worker::weigh); a matrix of zeros.
    pub fn take_headers(&mut self, headers: &[Vec<String>], n_entries: u64) -> Result<()> {
        if n_entries == 0 {
            let (n_rows, n_columns) = (self.n_rows, self.vocab().words.len());
            return Err(Error::ZeroMatrix { n_rows, n_columns, stage: Stage::Weight });
        }
        self.n_nonzeros = n_entries;
        for (part, taken) in self.headers.iter_mut().enumerate() {
            let of_part = headers.iter().filter_map(|of_block| of_block.get(part));
            *taken = of_part.map(|json| header(json)).collect::<Result<_>>()?;
        }
        Ok(())
    }

    /// For a matrix, the blocks of each node and the number of its first row; with so many tasks
    /// side by side.
    pub fn nodes(&self, part: MatrixPart, n_slots: usize) -> Vec<(std::ops::Range<usize>, usize)> {
        if part == MatrixPart::Others && self.fit_words().is_none() {
            return Vec::new();
        }
        let nodes = nodes_of(&self.block_rows, n_slots);
        nodes.into_iter().map(|Node { blocks, first_row }| (blocks, first_row)).collect()
    }

    /// Number of columns of a matrix, and whether it is its own transpose.
    pub fn shape(&self, part: MatrixPart) -> (usize, bool) {
        match part {
            MatrixPart::Fitted => (self.n_columns(), self.is_symmetric),
            MatrixPart::Others => (self.vocab().words.len() - self.n_columns(), false),
        }
    }
}

fn parsed(reports: &[String]) -> Result<Vec<ShareReport>> {
    let parse = |json: &String| {
        serde_json::from_str(json).map_err(|error| not_ours("report of a share", &error))
    };
    reports.iter().map(parse).collect()
}
