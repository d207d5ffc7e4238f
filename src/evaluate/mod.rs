//! How good word vectors are: analogy questions, word similarity, categories and odd-one-out
//! questions, each shown as correct / answered / total.
//!
//! In: [`WordVectors`](crate::WordVectors) and a file of questions, scored pairs, classes or sets.
//! Out: structs that serialise to the JSON of `eigenlex evaluate`. Nothing in the vectors is
//! changed, and words that are unknown make a question unanswered, not wrong.

// In the order of the data.
mod lines;

mod headings;

mod score;

mod choices;

mod questions;

mod choice_scores;

mod analogy_answers;

mod analogies;

mod scored_pairs;

mod word_similarity;

mod class_members;

mod categories;

mod odd_sets;

mod odd_one_out;

mod translation;

mod label_table;

mod classes;

mod labels;

mod document_counts;

mod logistic;

mod documents;

mod completion;

mod held_out;

mod search_queries;

mod search;

pub use analogies::{AnalogyScores, analogies};
pub use categories::{CategoryScore, categorization};
pub use choice_scores::{ChoiceScore, analogy_choices};
pub use choices::ChoiceQuestion;
pub use class_members::Categories;
pub use classes::{ClusterAgreement, DocumentClasses};
pub use completion::{CompletionScore, Guess, Hidden, completion};
pub use documents::{Classifier, DocumentScores, Features, document_classes};
pub use held_out::{HeldOutScore, held_out};
pub use labels::{DocumentLabels, Role};
pub use odd_one_out::{OddOneOutScores, odd_one_out};
pub use odd_sets::{OddSection, OddSet, OddSets};
pub use questions::{Question, Questions, RelatedPair, Section, SectionItems};
pub use score::{Score, SectionScore};
pub use scored_pairs::ScoredPairs;
pub use search::{FoundShares, SearchMethod, SearchScore, SearchTask, search_scores};
pub use search_queries::{DrawnQueries, SearchQuestions};
pub use translation::{TranslationScore, translation};
pub use word_similarity::{
    SimilarityScore, spearman, word_similarity, word_similarity_across, word_similarity_guessed,
};
