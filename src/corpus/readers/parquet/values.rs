//! Values of Parquet as text: numbers in plain decimal form, dates and times as in ISO 8601.
//!
//! In: a value and what its column says it means (the *logical type*, or in older files the
//! *converted type*; <https://github.com/apache/parquet-format/blob/master/LogicalTypes.md>). Out:
//! its text.

use std::fmt::Write;

use ::parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type};
use ::parquet::schema::types::ColumnDescriptor;

/// What the values of a column mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A text in UTF-8. Bytes of which nothing is said are one too: older writers say nothing.
    Text,
    /// What the physical type says: a number, `true` or `false`.
    Plain,
    Unsigned,
    Half,
    Uuid,
    /// An integer with so many digits behind the point.
    Decimal(u32),
    /// Days since 1970-01-01.
    Date,
    /// Units since midnight.
    Time(Unit),
    /// Units since 1970-01-01, in UTC or in a time zone that is not known.
    Instant(Unit, Zone),
}

/// The unit of a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Milliseconds,
    Microseconds,
    Nanoseconds,
}

/// The time zone of an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zone {
    Utc,
    Unknown,
}

/// More digits than an integer of 128 bits has.
const TOO_MANY_DIGITS: i32 = 39;

impl Meaning {
    /// What a column says; `None` for what is neither a text nor a number nor a time.
    pub(super) fn of(column: &ColumnDescriptor) -> Option<Self> {
        let physical = column.physical_type();
        let said = match column.logical_type_ref() {
            Some(logical) => Self::of_logical(logical)?,
            None => Self::of_converted(column)?,
        };
        let is_integer = matches!(physical, Type::INT32 | Type::INT64);
        let is_bytes = matches!(physical, Type::BYTE_ARRAY | Type::FIXED_LEN_BYTE_ARRAY);
        let length = column.type_length();
        match said {
            Self::Plain => match physical {
                Type::BYTE_ARRAY => Some(Self::Text),
                Type::FIXED_LEN_BYTE_ARRAY => None,
                Type::INT96 => Some(Self::Instant(Unit::Nanoseconds, Zone::Unknown)),
                _ => Some(Self::Plain),
            },
            Self::Text => is_bytes.then_some(said),
            Self::Half => (is_bytes && length == 2).then_some(said),
            Self::Uuid => (is_bytes && length == 16).then_some(said),
            Self::Decimal(_) => (is_integer || is_bytes).then_some(said),
            Self::Date => (physical == Type::INT32).then_some(said),
            Self::Unsigned | Self::Time(_) | Self::Instant(..) => is_integer.then_some(said),
        }
    }

    fn of_logical(logical: &LogicalType) -> Option<Self> {
        Some(match logical {
            LogicalType::String | LogicalType::Enum | LogicalType::Json => Self::Text,
            LogicalType::Integer(it) if it.is_signed => Self::Plain,
            LogicalType::Integer(_) => Self::Unsigned,
            LogicalType::Decimal(it) => return decimal(it.scale, it.precision),
            LogicalType::Date => Self::Date,
            LogicalType::Time(it) => Self::Time(it.unit.into()),
            LogicalType::Timestamp(it) => {
                let zone = if it.is_adjusted_to_u_t_c { Zone::Utc } else { Zone::Unknown };
                Self::Instant(it.unit.into(), zone)
            }
            LogicalType::Uuid => Self::Uuid,
            LogicalType::Float16 => Self::Half,
            // A column of nothing but nulls.
            LogicalType::Unknown => Self::Plain,
            _ => return None,
        })
    }

    fn of_converted(column: &ColumnDescriptor) -> Option<Self> {
        Some(match column.converted_type() {
            ConvertedType::UTF8 | ConvertedType::ENUM | ConvertedType::JSON => Self::Text,
            ConvertedType::DECIMAL => {
                return decimal(column.type_scale(), column.type_precision());
            }
            ConvertedType::DATE => Self::Date,
            ConvertedType::TIME_MILLIS => Self::Time(Unit::Milliseconds),
            ConvertedType::TIME_MICROS => Self::Time(Unit::Microseconds),
            ConvertedType::TIMESTAMP_MILLIS => Self::Instant(Unit::Milliseconds, Zone::Utc),
            ConvertedType::TIMESTAMP_MICROS => Self::Instant(Unit::Microseconds, Zone::Utc),
            ConvertedType::UINT_8
            | ConvertedType::UINT_16
            | ConvertedType::UINT_32
            | ConvertedType::UINT_64 => Self::Unsigned,
            ConvertedType::NONE
            | ConvertedType::INT_8
            | ConvertedType::INT_16
            | ConvertedType::INT_32
            | ConvertedType::INT_64 => Self::Plain,
            _ => return None,
        })
    }

    /// A value of 32 bits.
    pub(super) fn of_i32(self, value: i32) -> String {
        match self {
            Self::Unsigned => value.cast_unsigned().to_string(),
            _ => self.of_i64(value.into()),
        }
    }

    /// A value of 64 bits.
    pub(super) fn of_i64(self, value: i64) -> String {
        match self {
            Self::Unsigned => value.cast_unsigned().to_string(),
            Self::Decimal(scale) => with_point(value.into(), scale),
            Self::Date => date(value),
            Self::Time(unit) => time(value, unit),
            Self::Instant(unit, zone) => instant(value.into(), unit, zone),
            _ => value.to_string(),
        }
    }

    /// A value of 96 bits: nanoseconds of a day, and the number of the day by the Julian calendar.
    pub(super) fn of_i96(self, words: [u32; 3]) -> String {
        /// The Julian day of 1970-01-01.
        const EPOCH: i64 = 2_440_588;
        let nanoseconds = u64::from(words[1]) << 32 | u64::from(words[0]);
        let days = i64::from(words[2]) - EPOCH;
        let day = i128::from(Unit::Nanoseconds.in_seconds(86_400));
        let total = i128::from(days) * day + i128::from(nanoseconds);
        instant(total, Unit::Nanoseconds, Zone::Unknown)
    }

    /// A value of bytes.
    pub(super) fn of_bytes(self, bytes: &[u8]) -> String {
        match (self, bytes) {
            (Self::Half, &[low, high]) => half::f16::from_le_bytes([low, high]).to_string(),
            (Self::Uuid, _) => {
                let mut text = String::with_capacity(36);
                for (position, byte) in bytes.iter().enumerate() {
                    if matches!(position, 4 | 6 | 8 | 10) {
                        text.push('-');
                    }
                    // Writing to a string cannot fail.
                    let _ = write!(text, "{byte:02x}");
                }
                text
            }
            (Self::Decimal(scale), _) => {
                let is_negative = bytes.first().is_some_and(|first| first & 0x80 != 0);
                let start = if is_negative { -1_i128 } else { 0 };
                // What is longer than 16 bytes repeats its sign.
                let value = bytes.iter().fold(start, |it, &byte| it << 8 | i128::from(byte));
                with_point(value, scale)
            }
            _ => String::from_utf8_lossy(bytes).into_owned(),
        }
    }
}

/// A decimal number that an integer of 128 bits holds.
fn decimal(scale: i32, precision: i32) -> Option<Meaning> {
    let fits = (0..TOO_MANY_DIGITS).contains(&scale) && precision < TOO_MANY_DIGITS;
    fits.then(|| Meaning::Decimal(scale.unsigned_abs()))
}

impl From<TimeUnit> for Unit {
    fn from(unit: TimeUnit) -> Self {
        match unit {
            TimeUnit::MILLIS => Self::Milliseconds,
            TimeUnit::MICROS => Self::Microseconds,
            TimeUnit::NANOS => Self::Nanoseconds,
        }
    }
}

impl Unit {
    /// Digits of a second.
    fn digits(self) -> u32 {
        match self {
            Self::Milliseconds => 3,
            Self::Microseconds => 6,
            Self::Nanoseconds => 9,
        }
    }

    fn in_seconds(self, seconds: i64) -> i64 {
        seconds * 10_i64.pow(self.digits())
    }
}

/// The integer `value` divided by 10 to the power of `scale`.
fn with_point(value: i128, scale: u32) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = scale as usize + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale as usize);
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// The date so many days after 1970-01-01, in the Gregorian calendar, also before it was in use.
fn date(days: i64) -> String {
    /// Days of 400 years, after which the calendar repeats itself.
    const CYCLE: i64 = 146_097;
    /// Days from 0000-03-01, with which the first cycle begins, to 1970-01-01.
    const EPOCH: i64 = 719_468;
    // Years begin with March here, so that a leap day is the last day of its year.
    let day = days.saturating_add(EPOCH);
    let (cycle, day) = (day.div_euclid(CYCLE), day.rem_euclid(CYCLE));
    // Without the leap days before it (one in 4 years, none in 100, one in 400), 365 days a year.
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    // From March on, five months have 153 days, and the next five too.
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    format!("{:04}-{month:02}-{day:02}", year + 400 * cycle + next)
}

/// The time of a day, without a fraction of zero.
fn time(units: i64, unit: Unit) -> String {
    let second = unit.in_seconds(1);
    let (seconds, fraction) = (units.div_euclid(second), units.rem_euclid(second));
    let (hours, minutes) = (seconds.div_euclid(3600), seconds.rem_euclid(3600) / 60);
    let mut text = format!("{hours:02}:{minutes:02}:{:02}", seconds.rem_euclid(60));
    if fraction != 0 {
        let digits = format!("{fraction:0width$}", width = unit.digits() as usize);
        text.push('.');
        text.push_str(digits.trim_end_matches('0'));
    }
    text
}

fn instant(units: i128, unit: Unit, zone: Zone) -> String {
    let day = i128::from(unit.in_seconds(86_400));
    // Both fit: a day has less than 2^47 units, and 128 bits come from 64 or from days of 32.
    let (days, rest) = (units.div_euclid(day) as i64, units.rem_euclid(day) as i64);
    let zone = if zone == Zone::Utc { "Z" } else { "" };
    format!("{}T{}{zone}", date(days), time(rest, unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (days, text) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            // 1972, 1976, ..., 1996 are seven leap years: 30 * 365 + 7 = 10,957.
            (10_957, "2000-01-01"),
            (10_957 + 31 + 28, "2000-02-29"),
            (10_957 + 31 + 29, "2000-03-01"),
            // 1900 is no leap year: 70 * 365 + 17 days before 1970.
            (-25_567, "1900-01-01"),
            (-25_567 + 31 + 28, "1900-03-01"),
            (-719_468, "0000-03-01"),
            (-719_469, "0000-02-29"),
            (2_932_896, "9999-12-31"),
        ] {
            assert_eq!(Meaning::Date.of_i32(days), text);
        }
        // The calendar repeats itself after 400 years, each day with the next day after it.
        let (mut before, mut n_years) = (date(-1), 0);
        for day in 0..146_097 {
            let text = date(day);
            assert!(text > before, "{text}");
            n_years += i32::from(text.ends_with("-01-01"));
            assert_eq!(date(day + 146_097)[4..], text[4..]);
            before = text;
        }
        assert_eq!(n_years, 400);
    }

    #[test]
    fn times_have_the_digits_that_they_need() {
        let utc = |unit| Meaning::Instant(unit, Zone::Utc);
        for (meaning, value, text) in [
            (utc(Unit::Milliseconds), 1_000_000_000_000, "2001-09-09T01:46:40Z"),
            (utc(Unit::Microseconds), -1, "1969-12-31T23:59:59.999999Z"),
            (
                Meaning::Instant(Unit::Nanoseconds, Zone::Unknown),
                1_500,
                "1970-01-01T00:00:00.0000015",
            ),
            (Meaning::Time(Unit::Milliseconds), 3_661_500, "01:01:01.5"),
            (Meaning::Time(Unit::Nanoseconds), 0, "00:00:00"),
            (utc(Unit::Milliseconds), i64::MAX, "292278994-08-17T07:12:55.807Z"),
            (utc(Unit::Milliseconds), i64::MIN, "-292275055-05-16T16:47:04.192Z"),
        ] {
            assert_eq!(meaning.of_i64(value), text);
        }
        // Noon of 2000-01-01, which is the Julian day 2,451,545.
        let noon = 43_200_000_000_000_u64;
        let words = [noon as u32, (noon >> 32) as u32, 2_451_545];
        let meaning = Meaning::Instant(Unit::Nanoseconds, Zone::Unknown);
        assert_eq!(meaning.of_i96(words), "2000-01-01T12:00:00");
        assert!(meaning.of_i96([u32::MAX; 3]).ends_with(".709551615"));
    }

    #[test]
    fn numbers_are_plain() {
        assert_eq!(Meaning::Plain.of_i32(-5), "-5");
        assert_eq!(Meaning::Unsigned.of_i32(-1), "4294967295");
        assert_eq!(Meaning::Unsigned.of_i64(-1), "18446744073709551615");
        assert_eq!(Meaning::Decimal(2).of_i32(12_345), "123.45");
        assert_eq!(Meaning::Decimal(3).of_i64(-5), "-0.005");
        assert_eq!(Meaning::Decimal(0).of_i64(7), "7");
        assert_eq!(Meaning::Decimal(1).of_bytes(&[0xFF, 0x85]), "-12.3");
        assert_eq!(Meaning::Decimal(1).of_bytes(&[0x00, 0x80]), "12.8");
        assert_eq!(Meaning::Decimal(0).of_bytes(&[0xFF; 20]), "-1");
        assert_eq!(Meaning::Decimal(2).of_bytes(&[]), "0.00");
        assert_eq!(Meaning::Half.of_bytes(&[0x00, 0x3E]), "1.5");
        let uuid: Vec<u8> = (0..16).collect();
        assert_eq!(Meaning::Uuid.of_bytes(&uuid), "00010203-0405-0607-0809-0a0b0c0d0e0f");
    }
}
