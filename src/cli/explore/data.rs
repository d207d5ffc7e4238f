//! What the page reads: one object of JSON, with arrays of numbers in base64 (`web/README.md`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use eigenlex::encode::NearestPoints;
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
    /// Where a page that is served asks for words and texts that it does not have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) api: Option<String>,
    /// The neighbours of each point, for tables; the page finds its own.
    #[serde(skip)]
    #[cfg_attr(
        not(feature = "parquet"),
        expect(dead_code, reason = "only tables of Parquet hold them")
    )]
    pub(super) near: Option<NearestPoints>,
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
            api: None,
            near: None,
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
    pub(super) x: Packed<f32>,
    pub(super) y: Packed<f32>,
    pub(super) kinds: Vec<&'static str>,
    pub(super) kind: Packed<u8>,
    pub(super) name: Vec<String>,
    /// Numbers in [`Words`], -1 for documents.
    pub(super) word: Packed<i32>,
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
    pub(super) of_points: Packed<u32>,
    pub(super) score: Packed<f32>,
}

/// Groups of points; several levels go from coarse to fine.
#[derive(Serialize)]
pub(super) struct Level {
    pub(super) of_points: Packed<u16>,
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
    Texts { name: String, values: Vec<String>, of_points: Packed<u16> },
    Numbers { name: String, numbers: Packed<f64> },
}

/// Words with vectors of 8 bits, of which only the direction counts.
#[derive(Serialize)]
pub(super) struct Words {
    pub(super) n: usize,
    pub(super) spelling: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) count: Option<Packed<u32>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) documents: Option<Packed<u32>>,
    /// 1 for a word of more than a tenth of the documents, such as `the`.
    pub(super) common: Packed<u8>,
    /// Deviation of proportions, see `dispersion.rs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dispersion: Option<Packed<f32>>,
    pub(super) dim: usize,
    /// None where a server has them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) vectors: Option<Packed<i8>>,
    /// The point of each word, -1 where it is not drawn.
    pub(super) point: Packed<i32>,
    /// The number of the language or slice of each word, and their names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) side: Option<Packed<u8>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sides: Option<Vec<String>>,
}

/// Pairs of points: a word and its translation.
#[derive(Serialize)]
pub(super) struct Links {
    pub(super) from: Packed<u32>,
    pub(super) to: Packed<u32>,
    pub(super) score: Packed<f32>,
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

/// Numbers that are written as little-endian bytes in base64.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Packed<T>(pub(super) Vec<T>);

impl<T> Default for Packed<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Bytes> Serialize for Packed<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut bytes = Vec::with_capacity(size_of_val(&self.0[..]));
        self.0.iter().for_each(|number| number.put(&mut bytes));
        serializer.serialize_str(&STANDARD.encode(bytes))
    }
}

pub(super) fn packed<T: Bytes>(numbers: impl IntoIterator<Item = T>) -> Packed<T> {
    Packed(numbers.into_iter().collect())
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
        let text = |json: serde_json::Result<String>| json.unwrap().trim_matches('"').to_owned();
        assert_eq!(text(serde_json::to_string(&packed([1u16, 256]))), "AQAAAQ==");
        assert_eq!(text(serde_json::to_string(&packed([1.0f32]))), "AACAPw==");
        let bytes = STANDARD.decode(text(serde_json::to_string(&packed([-1i32, 2])))).unwrap();
        assert_eq!(bytes, [255, 255, 255, 255, 2, 0, 0, 0]);
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
