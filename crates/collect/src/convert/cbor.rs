//! CBOR bodies (smithy `rpc-v2-cbor`) as JSON values; the shape then gives the members their types.

use serde_json::{Map, Number, Value};

use super::{ConvertError, DEPTH};

/// Decodes one data item that fills the whole body.
pub(super) fn decode(bytes: &[u8]) -> Result<Value, ConvertError> {
    let mut reader = Reader { bytes };
    let value = reader.item(0)?;
    if reader.bytes.is_empty() { Ok(value) } else { Err(ConvertError::Body("bytes after the CBOR item")) }
}

struct Reader<'a> {
    bytes: &'a [u8],
}

const CUT: ConvertError = ConvertError::Body("the CBOR body ends too early");
const BREAK: u8 = 0xff;
const INDEFINITE: u8 = 31;

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], ConvertError> {
        let (head, rest) = self.bytes.split_at_checked(count).ok_or(CUT)?;
        self.bytes = rest;
        Ok(head)
    }

    fn byte(&mut self) -> Result<u8, ConvertError> {
        self.take(1)?.first().copied().ok_or(CUT)
    }

    fn argument(&mut self, info: u8) -> Result<u64, ConvertError> {
        let width = match info {
            0..=23 => return Ok(u64::from(info)),
            24 => 1,
            25 => 2,
            26 => 4,
            27 => 8,
            _ => return Err(ConvertError::Body("a CBOR length that does not exist")),
        };
        Ok(self.take(width)?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn at_break(&mut self) -> bool {
        if self.bytes.first() == Some(&BREAK) {
            self.bytes = self.bytes.get(1..).unwrap_or_default();
            return true;
        }
        false
    }

    /// A byte or text string, in one piece or in chunks.
    fn string(&mut self, info: u8) -> Result<Vec<u8>, ConvertError> {
        let length = |number: u64| usize::try_from(number).map_err(|_| CUT);
        if info != INDEFINITE {
            let count = length(self.argument(info)?)?;
            return Ok(self.take(count)?.to_vec());
        }
        let mut joined = Vec::new();
        while !self.at_break() {
            let info = self.byte()? & 0x1f;
            let count = length(self.argument(info)?)?;
            joined.extend_from_slice(self.take(count)?);
        }
        Ok(joined)
    }

    fn text(&mut self, info: u8) -> Result<String, ConvertError> {
        String::from_utf8(self.string(info)?).map_err(|_| ConvertError::Body("CBOR text that is not UTF-8"))
    }

    fn item(&mut self, depth: usize) -> Result<Value, ConvertError> {
        if depth > DEPTH {
            return Err(ConvertError::TooDeep);
        }
        let head = self.byte()?;
        let (kind, info) = (head >> 5, head & 0x1f);
        Ok(match kind {
            0 => Value::Number(self.argument(info)?.into()),
            1 => {
                let number = -1 - i128::from(self.argument(info)?);
                i64::try_from(number).map_or_else(|_| Value::String(number.to_string()), Value::from)
            }
            2 => Value::String(aws_smithy_types::base64::encode(self.string(info)?)),
            3 => Value::String(self.text(info)?),
            4 => {
                let mut items = Vec::new();
                let mut left = if info == INDEFINITE { None } else { Some(self.argument(info)?) };
                while !self.is_over(&mut left) {
                    items.push(self.item(depth + 1)?);
                }
                Value::Array(items)
            }
            5 => {
                let mut members = Map::new();
                let mut left = if info == INDEFINITE { None } else { Some(self.argument(info)?) };
                while !self.is_over(&mut left) {
                    let head = self.byte()?;
                    if head >> 5 != 3 {
                        return Err(ConvertError::Body("a CBOR key that is not text"));
                    }
                    let key = self.text(head & 0x1f)?;
                    members.insert(key, self.item(depth + 1)?);
                }
                Value::Object(members)
            }
            // tag 1 is a time since the epoch: the number is kept, the shape makes a timestamp of it
            6 => {
                self.argument(info)?;
                self.item(depth + 1)?
            }
            _ => self.simple(info)?,
        })
    }

    /// Counts a definite length down; the break ends an indefinite one.
    fn is_over(&mut self, left: &mut Option<u64>) -> bool {
        match left {
            None => self.at_break(),
            Some(0) => true,
            Some(number) => {
                *number -= 1;
                false
            }
        }
    }

    fn simple(&mut self, info: u8) -> Result<Value, ConvertError> {
        let float = |number: f64| Number::from_f64(number).map_or(Value::Null, Value::Number);
        let bits = |reader: &mut Self| reader.argument(info);
        Ok(match info {
            20 => Value::Bool(false),
            21 => Value::Bool(true),
            22 | 23 => Value::Null,
            25 => float(half(bits(self)?)),
            26 => {
                let bits = u32::try_from(bits(self)?).map_err(|_| CUT)?;
                float(f64::from(f32::from_bits(bits)))
            }
            27 => float(f64::from_bits(bits(self)?)),
            _ => return Err(ConvertError::Body("a CBOR item of no known kind")),
        })
    }
}

/// IEEE 754 half precision (RFC 8949, appendix D).
fn half(bits: u64) -> f64 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let mantissa = f64::from(u16::try_from(bits & 0x3ff).unwrap_or_default());
    let exponent = i32::try_from(bits >> 10 & 0x1f).unwrap_or_default();
    sign * match exponent {
        0 => mantissa * 2f64.powi(-24),
        31 if mantissa == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (mantissa + 1024.0) * 2f64.powi(exponent - 25),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn maps_lists_numbers_and_indefinite_lengths() {
        // {"a": [1, -2, 1.5, true, null], "b": (_ "x", "y"), "c": 1(1700000000)}
        let body =
            b"\xbf\x61a\x9f\x01\x21\xf9\x3e\x00\xf5\xf6\xff\x61b\x7f\x61x\x61y\xff\x61c\xc1\x1a\x65\x53\xf1\x00\xff";
        assert_eq!(decode(body).unwrap(), json!({"a": [1, -2, 1.5, true, null], "b": "xy", "c": 1_700_000_000}));
    }

    #[test]
    fn hostile_bodies_are_errors() {
        assert!(decode(b"").is_err());
        assert!(decode(b"\xa1").is_err());
        assert!(decode(b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff").is_err());
        assert!(decode(b"\x01\x01").is_err());
        assert!(decode(&vec![0x81; 100_000]).is_err());
        assert!(decode(b"\x7f\xff\xff").is_err());
    }
}
