//! A small checker of JSON Schema: the keywords that the description of the API uses; any other one
//! is an error, so that nothing goes unchecked.

use serde_json::Value;

/// What is wrong with a value, if something is.
pub(crate) fn check(value: &Value, schema: &Value, all: &Value) -> Result<(), String> {
    let object = schema.as_object().unwrap();
    for (keyword, rule) in object {
        let is_right = match keyword.as_str() {
            "$ref" => {
                let name = rule.as_str().unwrap().rsplit('/').next().unwrap();
                let target = &all["components"]["schemas"][name];
                assert!(target.is_object(), "there is no schema `{name}`");
                check(value, target, all)?;
                true
            }
            "type" => match rule {
                Value::Array(types) => types.iter().any(|it| is_of(value, it)),
                one => is_of(value, one),
            },
            "enum" => rule.as_array().unwrap().contains(value),
            "anyOf" => rule.as_array().unwrap().iter().any(|one| check(value, one, all).is_ok()),
            "minimum" => value.as_f64().is_none_or(|it| it >= rule.as_f64().unwrap()),
            "maximum" => value.as_f64().is_none_or(|it| it <= rule.as_f64().unwrap()),
            "minItems" => {
                value.as_array().is_none_or(|it| it.len() as u64 >= rule.as_u64().unwrap())
            }
            "maxItems" => {
                value.as_array().is_none_or(|it| it.len() as u64 <= rule.as_u64().unwrap())
            }
            "items" => {
                for one in value.as_array().into_iter().flatten() {
                    check(one, rule, all)?;
                }
                true
            }
            "required" => {
                let names = rule.as_array().unwrap();
                names.iter().all(|name| value.get(name.as_str().unwrap()).is_some())
            }
            "properties" => {
                for (name, rule) in rule.as_object().unwrap() {
                    value.get(name).map_or(Ok(()), |value| check(value, rule, all))?;
                }
                true
            }
            "additionalProperties" => {
                assert_eq!(rule, &Value::Bool(false));
                let known = object["properties"].as_object().unwrap();
                value.as_object().is_none_or(|it| it.keys().all(|name| known.contains_key(name)))
            }
            "default" => true,
            other => panic!("the checker does not know `{other}`"),
        };
        if !is_right {
            return Err(format!("`{keyword}: {rule}` does not hold for {value}"));
        }
    }
    Ok(())
}

fn is_of(value: &Value, kind: &Value) -> bool {
    match kind.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => value.is_u64() || value.is_i64(),
        other => panic!("the checker does not know the type `{other}`"),
    }
}

#[test]
fn the_checker_finds_what_is_wrong() {
    let schema = serde_json::json!({
        "type": "object", "required": ["a"], "additionalProperties": false,
        "properties": {"a": {"type": "integer", "minimum": 1}, "b": {"enum": ["x", "y"]}},
    });
    let is_right =
        |text: &str| check(&serde_json::from_str(text).unwrap(), &schema, &Value::Null).is_ok();
    assert!(is_right("{\"a\": 1, \"b\": \"y\"}"));
    for wrong in
        ["[]", "{}", "{\"a\": 0}", "{\"a\": 1.5}", "{\"a\": 1, \"b\": 2}", "{\"a\": 1, \"c\": 2}"]
    {
        assert!(!is_right(wrong), "{wrong}");
    }
}
