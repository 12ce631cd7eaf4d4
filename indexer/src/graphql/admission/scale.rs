//! Weighs a parsed query with its fragments put where they are spread, as the library's validators
//! and its execution see it. Each fragment is weighed once, so the time grows with the text alone.

use std::collections::HashMap;

use async_graphql::{
    Name, Positioned, ServerError, Value as ConstValue, Variables,
    parser::types::{
        Directive, ExecutableDocument, Field, FragmentSpread, OperationDefinition, Selection,
        SelectionSet,
    },
};
use async_graphql_value::Value;

use super::{Inadmissible, QueryError};

/// Selection sets inside each other, fragments put in; each calls a function of the library again.
pub(in crate::graphql) const MAX_DEPTH: usize = 32;
/// Directives at one place.
pub(in crate::graphql) const MAX_DIRECTIVES: usize = 10;
const MAX_ARGUMENTS: usize = 32;
const MAX_FRAGMENTS: usize = 64;
const MAX_OPERATIONS: usize = 16;
const MAX_VARIABLES: usize = 64;
/// Fields and spreads, fragments put in.
const MAX_SELECTIONS: u64 = 2_000;
/// `__typename` costs nothing in the library's count, and may stand in each row of a long list.
const MAX_TYPENAMES: u64 = 100;
/// Arguments with variables put in: each use of a variable copies it.
const MAX_ARGUMENT_BYTES: u64 = 1024 * 1024;
/// Values in the answer to `__schema` and `__type`, about. Introspection by common tools has 70 000.
const MAX_INTROSPECTION: u64 = 150_000;

/// What a part of a query costs.
#[derive(Clone, Copy, Debug, Default)]
struct Weight {
    selections: u64,
    typenames: u64,
    argument_bytes: u64,
    /// Values that this selects, about.
    values: u64,
    /// Values that `__schema` and `__type` in it select.
    introspection: u64,
    /// Selection sets inside each other.
    depth: usize,
}

impl Weight {
    fn beside(self, other: Self) -> Self {
        Self {
            selections: self.selections.saturating_add(other.selections),
            typenames: self.typenames.saturating_add(other.typenames),
            argument_bytes: self.argument_bytes.saturating_add(other.argument_bytes),
            values: self.values.saturating_add(other.values),
            introspection: self.introspection.saturating_add(other.introspection),
            depth: self.depth.max(other.depth),
        }
    }
}

/// What an admitted query costs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cost {
    /// Values of the answer, about.
    pub values: u64,
    /// Bytes of arguments, variables put in.
    pub argument_bytes: u64,
}

/// Refuses what costs too much, and says what the rest costs.
///
/// # Errors
/// The first limit that is passed, or a fragment that contains itself.
pub(super) fn weigh(
    document: &ExecutableDocument,
    variables: &Variables,
) -> Result<Cost, Inadmissible> {
    at_most(document.fragments.len(), MAX_FRAGMENTS, "fragments")?;
    at_most(
        document.operations.iter().len(),
        MAX_OPERATIONS,
        "operations",
    )?;
    let mut scale = Scale {
        document,
        variables: sizes(document, variables),
        given: variables,
        fragments: HashMap::new(),
    };
    let mut total = Weight::default();
    for (_, operation) in document.operations.iter() {
        total = total.beside(scale.operation(&operation.node)?);
    }
    // Those that no operation spreads are validated as well.
    for name in document.fragments.keys() {
        scale.fragment(name, 0)?;
    }
    for (count, limit, what) in [
        (
            total.selections,
            MAX_SELECTIONS,
            "fields, with its fragments",
        ),
        (total.typenames, MAX_TYPENAMES, "times __typename"),
        (
            total.argument_bytes,
            MAX_ARGUMENT_BYTES,
            "bytes of arguments",
        ),
        (
            total.introspection,
            MAX_INTROSPECTION,
            "values of the schema to answer",
        ),
    ] {
        if count > limit {
            return Err(QueryError::QueryTooComplex { what, limit }.into());
        }
    }
    Ok(Cost {
        values: total.values,
        argument_bytes: total.argument_bytes,
    })
}

struct Scale<'a> {
    document: &'a ExecutableDocument,
    /// Bytes of each variable's value.
    variables: HashMap<&'a str, u64>,
    given: &'a Variables,
    /// `None` while it is being weighed.
    fragments: HashMap<&'a str, Option<Weight>>,
}

impl<'a> Scale<'a> {
    fn operation(&mut self, operation: &'a OperationDefinition) -> Result<Weight, Inadmissible> {
        at_most(
            operation.variable_definitions.len(),
            MAX_VARIABLES,
            "variables",
        )?;
        for variable in &operation.variable_definitions {
            self.directives(&variable.node.directives)?;
        }
        let directives = self.directives(&operation.directives)?;
        let set = self.selection_set(&operation.selection_set.node, 0)?;
        Ok(set.beside(directives))
    }

    /// `level`: selection sets around this one, fragments put in. It bounds the stack here too.
    fn selection_set(
        &mut self,
        set: &'a SelectionSet,
        level: usize,
    ) -> Result<Weight, Inadmissible> {
        not_too_deep(level)?;
        let mut total = Weight::default();
        for selection in &set.items {
            let weight = match &selection.node {
                Selection::Field(field) => self.field(&field.node, level)?,
                Selection::FragmentSpread(spread) => self.spread(&spread.node, level)?,
                Selection::InlineFragment(inline) => {
                    let directives = self.directives(&inline.node.directives)?;
                    let inner = &inline.node.selection_set.node;
                    self.selection_set(inner, level + 1)?.beside(directives)
                }
            };
            total = total.beside(weight);
            total.selections = total.selections.saturating_add(1);
        }
        total.depth += 1;
        Ok(total)
    }

    fn field(&mut self, field: &'a Field, level: usize) -> Result<Weight, Inadmissible> {
        let own = self
            .arguments(&field.arguments)?
            .beside(self.directives(&field.directives)?);
        let mut weight = if field.selection_set.node.items.is_empty() {
            Weight::default()
        } else {
            self.selection_set(&field.selection_set.node, level + 1)?
        };
        let name = field.name.node.as_str();
        let rows = self.page(field).unwrap_or_else(|| rows(name));
        weight.values = weight.values.saturating_mul(rows).saturating_add(1);
        match name {
            "__typename" => weight.typenames += 1,
            "__schema" | "__type" => weight.introspection = weight.values,
            _ => {}
        }
        Ok(weight.beside(own))
    }

    /// How many rows the field is asked for. One that is no number is refused when it is validated.
    fn page(&self, field: &Field) -> Option<u64> {
        let first = &field.get_argument("first")?.node;
        match first {
            Value::Number(rows) => rows.as_u64(),
            Value::Variable(name) => match self.given.get(name)? {
                ConstValue::Number(rows) => rows.as_u64(),
                _ => None,
            },
            _ => None,
        }
    }

    fn spread(&mut self, spread: &'a FragmentSpread, level: usize) -> Result<Weight, Inadmissible> {
        let directives = self.directives(&spread.directives)?;
        let weight = self.fragment(&spread.fragment_name.node, level + 1)?;
        Ok(weight.beside(directives))
    }

    /// What a spread of this fragment puts in its place; nothing if there is none of this name,
    /// which the library refuses.
    fn fragment(&mut self, name: &'a Name, level: usize) -> Result<Weight, Inadmissible> {
        match self.fragments.get(name.as_str()) {
            Some(Some(weight)) => {
                not_too_deep((level + weight.depth).saturating_sub(1))?;
                return Ok(*weight);
            }
            Some(None) => {
                let message = format!("fragment {name} contains itself");
                return Err(Inadmissible::Invalid(ServerError::new(message, None)));
            }
            None => {}
        }
        let Some(fragment) = self.document.fragments.get(name) else {
            return Ok(Weight::default());
        };
        self.fragments.insert(name, None);
        let directives = self.directives(&fragment.node.directives)?;
        let set = self.selection_set(&fragment.node.selection_set.node, level)?;
        let weight = set.beside(directives);
        self.fragments.insert(name, Some(weight));
        Ok(weight)
    }

    fn directives(&self, directives: &[Positioned<Directive>]) -> Result<Weight, Inadmissible> {
        at_most(directives.len(), MAX_DIRECTIVES, "directives at one place")?;
        directives
            .iter()
            .try_fold(Weight::default(), |total, directive| {
                Ok(total.beside(self.arguments(&directive.node.arguments)?))
            })
    }

    fn arguments(
        &self,
        arguments: &[(Positioned<Name>, Positioned<Value>)],
    ) -> Result<Weight, Inadmissible> {
        at_most(arguments.len(), MAX_ARGUMENTS, "arguments at one place")?;
        let bytes = arguments.iter().map(|(_, value)| self.size(&value.node));
        Ok(Weight {
            argument_bytes: bytes.fold(0, u64::saturating_add),
            ..Weight::default()
        })
    }

    /// No deeper than the brackets of the text.
    fn size(&self, value: &Value) -> u64 {
        match value {
            Value::Variable(name) => self.variables.get(name.as_str()).copied().unwrap_or(0),
            Value::List(values) => sum(values.iter().map(|value| self.size(value))),
            Value::Object(fields) => sum(fields
                .iter()
                .map(|(name, value)| self.size(value).saturating_add(name.len() as u64))),
            Value::String(text) => text.len() as u64,
            Value::Null
            | Value::Number(_)
            | Value::Boolean(_)
            | Value::Binary(_)
            | Value::Enum(_) => VALUE_BYTES,
        }
    }
}

/// What a value takes besides its text.
const VALUE_BYTES: u64 = 32;

fn sum(sizes: impl Iterator<Item = u64>) -> u64 {
    sizes.fold(VALUE_BYTES, u64::saturating_add)
}

fn const_size(value: &ConstValue) -> u64 {
    match value {
        ConstValue::List(values) => sum(values.iter().map(const_size)),
        ConstValue::Object(fields) => sum(fields
            .iter()
            .map(|(name, value)| const_size(value).saturating_add(name.len() as u64))),
        ConstValue::String(text) => text.len() as u64,
        ConstValue::Null
        | ConstValue::Number(_)
        | ConstValue::Boolean(_)
        | ConstValue::Binary(_)
        | ConstValue::Enum(_) => VALUE_BYTES,
    }
}

/// The larger of a variable's value and its default, by name.
fn sizes<'a>(document: &'a ExecutableDocument, variables: &'a Variables) -> HashMap<&'a str, u64> {
    let given = variables.iter();
    let mut sizes: HashMap<_, _> = given
        .map(|(name, value)| (name.as_str(), const_size(value)))
        .collect();
    for (_, operation) in document.operations.iter() {
        for variable in &operation.node.variable_definitions {
            let default = variable.node.default_value.as_ref();
            let size = default.map_or(0, |default| const_size(&default.node));
            let known = sizes.entry(variable.node.name.node.as_str()).or_default();
            *known = size.max(*known);
        }
    }
    sizes
}

/// How many values a field of introspection has, about; 1 for every other field.
fn rows(field: &str) -> u64 {
    match field {
        "types" => 64,
        "fields" | "inputFields" => 8,
        "enumValues" | "directives" => 4,
        "args" => 2,
        _ => 1,
    }
}

fn at_most(count: usize, limit: usize, what: &'static str) -> Result<(), QueryError> {
    if count > limit {
        let limit = limit as u64;
        return Err(QueryError::QueryTooComplex { what, limit });
    }
    Ok(())
}

fn not_too_deep(level: usize) -> Result<(), QueryError> {
    if level > MAX_DEPTH {
        return Err(QueryError::QueryTooDeep { limit: MAX_DEPTH });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
