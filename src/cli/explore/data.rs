//! What the page reads: one object of JSON, with arrays of numbers in base64 (`web/README.md`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

/// The version of the data; a page reads its own.
const VERSION: u32 = 1;

/// No group, or no value.
pub(super) const NONE: u16 = u16::MAX;

/// No other point.
pub(super) const NO_POINT: u32 = u32::MAX;

#[derive(Serialize)]
pub(super) struct Page {
    pub(super) version: u32,
    pub(super) title: String,
    pub(super) program: String,
    pub(super) model: Facts,
    /// Plain sentences: what was left out.
    pub(super) notes: Vec<String>,
    /// Whether the map of several languages can be trusted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) verdict: Vec<String>,
    pub(super) points: Points,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) texts: Option<Texts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) similar: Option<Similar>,
    pub(super) levels: Vec<Level>,
    pub(super) columns: Vec<Column>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) words: Option<Words>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) links: Option<Links>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) time: Option<Time>,
}

impl Page {
    /// A page without points.
    pub(super) fn new(title: String, model: Facts) -> Self {
        Self {
            version: VERSION,
            title,
            program: format!("eigenlex {}", env!("CARGO_PKG_VERSION")),
            model,
            notes: Vec::new(),
            verdict: Vec::new(),
            points: Points::default(),
            texts: None,
            similar: None,
            levels: Vec::new(),
            columns: Vec::new(),
            words: None,
            links: None,
            time: None,
        }
    }
}

#[derive(Serialize)]
pub(super) struct Facts {
    pub(super) digest: String,
    pub(super) n_documents: u64,
    pub(super) n_words: usize,
    pub(super) dim: usize,
}

/// What is drawn, in the order of all lists below.
#[derive(Default, Serialize)]
pub(super) struct Points {
    pub(super) n: usize,
    pub(super) x: String,
    pub(super) y: String,
    pub(super) kinds: Vec<&'static str>,
    pub(super) kind: String,
    pub(super) name: Vec<String>,
    /// Numbers in [`Words`], -1 for documents.
    pub(super) word: String,
}

#[derive(Serialize)]
pub(super) struct Texts {
    pub(super) of_points: Vec<Option<String>>,
    /// Characters after which texts were cut, if some were.
    pub(super) cut_at: Option<u32>,
}

/// The documents whose codes are nearest to that of a point, best first: so many for each point,
/// [`NO_POINT`] where there are fewer.
#[derive(Serialize)]
pub(super) struct Similar {
    pub(super) per_point: usize,
    pub(super) of_points: String,
    pub(super) score: String,
}

/// Groups of points; several levels go from coarse to fine.
#[derive(Serialize)]
pub(super) struct Level {
    pub(super) of_points: String,
    pub(super) groups: Vec<Group>,
}

#[derive(Serialize)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) n: usize,
}

/// A value of each point: one of several texts, or a number (NaN: none).
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Column {
    Texts { name: String, values: Vec<String>, of_points: String },
    Numbers { name: String, numbers: String },
}

/// Words with vectors of 8 bits, of which only the direction counts.
#[derive(Serialize)]
pub(super) struct Words {
    pub(super) n: usize,
    pub(super) spelling: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) count: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) documents: Option<String>,
    /// 1 for a word of more than a tenth of the documents, such as `the`.
    pub(super) common: String,
    /// Deviation of proportions, see `dispersion.rs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dispersion: Option<String>,
    pub(super) dim: usize,
    pub(super) vectors: String,
    /// The point of each word, -1 where it is not drawn.
    pub(super) point: String,
    /// The number of the language or slice of each word, and their names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) side: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sides: Option<Vec<String>>,
}

/// Pairs of points: a word and its translation.
#[derive(Serialize)]
pub(super) struct Links {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) score: String,
}

/// The sides are slices of time, in their order.
#[derive(Serialize)]
pub(super) struct Time {
    /// The words that moved most from the first slice to the last.
    pub(super) moved: Vec<Moved>,
}

#[derive(Serialize)]
pub(super) struct Moved {
    pub(super) word: String,
    pub(super) distance: f64,
    pub(super) score: f64,
    pub(super) movement: &'static str,
}

/// Numbers of a fixed size.
pub(super) trait Bytes: Copy {
    fn put(self, bytes: &mut Vec<u8>);
}

macro_rules! bytes {
    ($($type:ty),*) => {$(
        impl Bytes for $type {
            fn put(self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }
        }
    )*};
}
bytes!(f64, f32, i8, u8, u16, u32, i32);

/// Little-endian numbers in base64.
pub(super) fn packed<T: Bytes>(numbers: impl IntoIterator<Item = T>) -> String {
    let mut bytes = Vec::new();
    numbers.into_iter().for_each(|number| number.put(&mut bytes));
    STANDARD.encode(bytes)
}

/// A vector in 8 bits: its largest number becomes 127 or -127.
pub(super) fn in_8_bits(vector: &[f32]) -> impl Iterator<Item = i8> + '_ {
    let largest = vector.iter().fold(0.0f32, |most, number| most.max(number.abs()));
    let scale = if largest > 0.0 { 127.0 / largest } else { 0.0 };
    vector.iter().map(move |number| (number * scale).round() as i8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_little_endian_in_base64() {
        assert_eq!(packed([1u16, 256]), "AQAAAQ==");
        assert_eq!(packed([1.0f32]), "AACAPw==");
        assert_eq!(STANDARD.decode(packed([-1i32, 2])).unwrap(), [255, 255, 255, 255, 2, 0, 0, 0]);
    }

    #[test]
    fn directions_stay_in_8_bits() {
        let vector: Vec<f32> = (0..300).map(|i| ((i * 7919) % 101) as f32 / 50.0 - 1.0).collect();
        let rounded: Vec<f32> = in_8_bits(&vector).map(f32::from).collect();
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        let cosine =
            dot(&vector, &rounded) / (dot(&vector, &vector) * dot(&rounded, &rounded)).sqrt();
        assert!(cosine > 0.9999, "{cosine}");
        assert_eq!(in_8_bits(&[0.0, 0.0]).collect::<Vec<_>>(), [0, 0]);
        assert_eq!(in_8_bits(&[-2.0, 1.0]).collect::<Vec<_>>(), [-127, 64]);
    }
}
