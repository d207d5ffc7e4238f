//! The description of the API, as OpenAPI 3.1: the routes of the table, the schemas of
//! `schemas.json`.

use serde_json::{Map, Value, json};

use super::failure::Failure;
use super::limits::Limits;
use super::parameters::{Parameter, Takes};
use super::routes::{API, ROUTES, Route};

/// The answers, by their names.
const SCHEMAS: &str = include_str!("schemas.json");

/// The description, as it is sent.
pub(super) fn description(limits: &Limits, has_token: bool) -> Result<Vec<u8>, Failure> {
    let mut paths = Map::new();
    let models = format!("{API}/models");
    let fixed = [
        (format!("{API}/health"), "Health", "Whether the server is there; needs no token"),
        (format!("{API}/openapi.json"), "Description", "This description"),
        (models.clone(), "Models", "What is served"),
    ];
    for (path, schema, about) in fixed {
        paths.insert(path, json!({"get": operation(about, &[], schema, limits, None)}));
    }
    for route in &ROUTES {
        paths.insert(format!("{models}/{{model}}{}", route.path), operations(route, limits));
    }
    let schemas: Value = serde_json::from_str(SCHEMAS).map_err(anyhow::Error::from)?;
    let mut all = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "eigenlex",
            "version": "1",
            "summary": "Questions to word vectors, documents, languages and slices of time",
            "description": "The numbers are those that the program prints. An answer that cannot \
                            be given is an object `error` with a sentence and often a hint.",
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": schemas},
    });
    if has_token {
        all["components"]["securitySchemes"] =
            json!({"token": {"type": "http", "scheme": "bearer"}});
        all["security"] = json!([{"token": []}]);
    }
    Ok(serde_json::to_vec(&all).map_err(anyhow::Error::from)?)
}

fn operations(route: &Route, limits: &Limits) -> Value {
    let model = json!({
        "name": "model", "in": "path", "required": true,
        "description": "a name of /api/v1/models", "schema": {"type": "string"},
    });
    let get = operation(
        route.about,
        route.parameters,
        route.schema,
        limits,
        Some((route, model.clone())),
    );
    let Some(many) = route.many else { return json!({"get": get}) };
    let mut fields = Map::new();
    let item = route.parameters.iter().find(|it| it.name == many.item);
    let one = item.map_or(json!({"type": "string"}), |it| schema(it, limits));
    fields.insert(
        many.list.to_owned(),
        json!({"type": "array", "minItems": 1, "maxItems": limits.results, "items": one}),
    );
    for parameter in route.parameters.iter().filter(|it| it.name != many.item) {
        fields.insert(parameter.name.to_owned(), schema(parameter, limits));
    }
    let mut post = operation(
        &format!("The same for each of `{}`, in one request", many.list),
        &[],
        "",
        limits,
        None,
    );
    post["parameters"] = json!([model]);
    post["requestBody"] = json!({"required": true, "content": {"application/json": {"schema": {
        "type": "object", "required": [many.list], "additionalProperties": false,
        "properties": fields,
    }}}});
    let answer = json!({"$ref": format!("#/components/schemas/{}", route.schema)});
    let error = json!({"$ref": "#/components/schemas/Error"});
    post["responses"]["200"]["content"]["application/json"]["schema"] = json!({
        "type": "object", "required": ["answers"],
        "properties": {"answers": {"type": "array", "items": {"anyOf": [answer, error]}}},
    });
    json!({"get": get, "post": post})
}

fn operation(
    about: &str,
    parameters: &[Parameter],
    answer: &str,
    limits: &Limits,
    route: Option<(&Route, Value)>,
) -> Value {
    let is_in_path = |name: &str| {
        route.as_ref().is_some_and(|(route, _)| route.path.contains(&format!("{{{name}}}")))
    };
    let one = |it: &Parameter| {
        let mut one = json!({
            "name": it.name,
            "in": if is_in_path(it.name) { "path" } else { "query" },
            "required": it.is_required,
            "description": it.about,
            "schema": schema(it, limits),
        });
        if it.takes == Takes::Texts {
            one["style"] = json!("form");
            one["explode"] = json!(true);
        }
        one
    };
    let of_model = route.iter().map(|(_, model)| model.clone());
    let parameters: Vec<Value> = of_model.chain(parameters.iter().map(one)).collect();
    let error = json!({
        "description": "An error",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    });
    json!({
        "summary": about,
        "parameters": parameters,
        "responses": {
            "200": {
                "description": "The answer",
                "content": {"application/json": {
                    "schema": {"$ref": format!("#/components/schemas/{answer}")},
                }},
            },
            "default": error,
        },
    })
}

fn schema(parameter: &Parameter, limits: &Limits) -> Value {
    match parameter.takes {
        Takes::Text => json!({"type": "string"}),
        Takes::Texts => {
            json!({"type": "array", "items": {"type": "string"}, "maxItems": limits.results})
        }
        Takes::Results { least, usual } => json!({
            "type": "integer", "minimum": least, "maximum": limits.results,
            "default": usual.min(limits.results),
        }),
        Takes::Number => json!({"type": "integer", "minimum": 0, "default": 0}),
        Takes::Flag => json!({"type": "boolean", "default": false}),
        Takes::OneOf(names) => json!({"enum": names, "default": names[0]}),
    }
}
