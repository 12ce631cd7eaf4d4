//! The indexer's GraphQL API, as far as `lex` asks it.

use std::time::Duration;

use lex_client::{Address, B256, ForeignText};
use lex_model::Status;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};
use thiserror::Error;

/// A client of one indexer. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Indexer {
    url: String,
    client: reqwest::Client,
}

/// The indexer did not answer a query.
#[derive(Debug, Error)]
pub enum IndexerError {
    #[error("the indexer at {url} does not answer")]
    Http { url: String, source: reqwest::Error },
    #[error("the indexer refuses: {message}{}", in_brackets(.code))]
    Refused {
        message: String,
        code: Option<String>,
    },
    #[error("the indexer's answer is not understood")]
    Format(#[from] serde_json::Error),
}

fn in_brackets(code: &Option<String>) -> String {
    code.as_ref()
        .map_or_else(String::new, |code| format!(" ({code})"))
}

/// A license as the indexer has it. Times are Unix seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IndexedLicense {
    pub id: String,
    pub holder: Address,
    pub issuer: IndexedIssuerName,
    pub license_type: IndexedTypeName,
    pub jurisdiction: ForeignText,
    #[serde(deserialize_with = "status", serialize_with = "status_name")]
    pub status: Status,
    pub usable: bool,
    pub valid_from: u64,
    pub valid_until: u64,
    pub grace_until: u64,
    pub token_uri: ForeignText,
    pub version: u32,
    /// Block of the last change.
    #[serde(deserialize_with = "decimal")]
    pub updated_block: u64,
}

/// The issuer of a license.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexedIssuerName {
    pub address: Address,
    pub name: ForeignText,
}

/// The type of a license.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexedTypeName {
    #[serde(deserialize_with = "decimal")]
    pub id: u64,
    pub name: ForeignText,
}

/// The last block that an answer of the index contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct IndexedBlock {
    #[serde(deserialize_with = "decimal")]
    pub number: u64,
    pub hash: B256,
    /// Unix seconds.
    pub timestamp: u64,
}

/// What is searched for; everything that is given must hold.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Search {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<Address>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<Address>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub license_type: Option<u64>,
    /// A country covers its subdivisions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jurisdiction: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "statuses")]
    pub status_in: Vec<Status>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_until_before: Option<u64>,
}

/// One page of a search.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Found {
    pub licenses: Vec<IndexedLicense>,
    pub total: u64,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// An issuer as the indexer has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexedIssuer {
    pub address: Address,
    pub name: ForeignText,
    /// False once it is removed; its licenses stay.
    pub registered: bool,
    pub grants: Vec<IndexedGrant>,
}

/// What an issuer may issue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IndexedGrant {
    #[serde(deserialize_with = "decimal")]
    pub license_type_id: u64,
    /// Empty: everywhere.
    pub jurisdiction: ForeignText,
}

/// Fields of [`IndexedLicense`].
const LICENSE: &str = "id holder issuer { address name } licenseType { id name } jurisdiction \
                       status usable validFrom validUntil graceUntil tokenUri version updatedBlock";

/// Fields of [`Meta`].
const META: &str = "_meta { block { number hash timestamp } }";

#[derive(Deserialize)]
struct Meta {
    block: IndexedBlock,
}

impl Indexer {
    /// # Errors
    /// When no HTTP client can be made.
    pub fn new(url: &str) -> Result<Indexer, IndexerError> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .timeout(Duration::from_secs(15))
            .build()
            .map_err(|source| IndexerError::Http {
                url: url.to_owned(),
                source,
            })?;
        Ok(Indexer {
            url: url.trim_end_matches('/').to_owned(),
            client,
        })
    }

    /// Number of the last block that the index contains.
    ///
    /// # Errors
    /// When the indexer does not answer.
    pub async fn indexed_block(&self) -> Result<u64, IndexerError> {
        Ok(self.newest().await?.number)
    }

    /// The last block that the index contains.
    ///
    /// # Errors
    /// When the indexer does not answer.
    pub async fn newest(&self) -> Result<IndexedBlock, IndexerError> {
        #[derive(Deserialize)]
        struct Data {
            _meta: Meta,
        }
        let data: Data = self.ask(&format!("query {{ {META} }}"), json!({})).await?;
        Ok(data._meta.block)
    }

    /// A license as it is now, and the block that the answer is of.
    ///
    /// # Errors
    /// When the indexer does not answer.
    pub async fn license_and_block(
        &self,
        id: &str,
    ) -> Result<(IndexedBlock, Option<IndexedLicense>), IndexerError> {
        #[derive(Deserialize)]
        struct Data {
            _meta: Meta,
            license: Option<IndexedLicense>,
        }
        let query = format!("query($id: ID!) {{ {META} license(id: $id) {{ {LICENSE} }} }}");
        let data: Data = self.ask(&query, json!({"id": id})).await?;
        Ok((data._meta.block, data.license))
    }

    /// A license as it is now; `None` when there is none.
    ///
    /// # Errors
    /// When the indexer does not answer.
    pub async fn license(&self, id: &str) -> Result<Option<IndexedLicense>, IndexerError> {
        #[derive(Deserialize)]
        struct Data {
            license: Option<IndexedLicense>,
        }
        let query = format!("query($id: ID!) {{ license(id: $id) {{ {LICENSE} }} }}");
        let data: Data = self.ask(&query, json!({"id": id})).await?;
        Ok(data.license)
    }

    /// # Errors
    /// When the indexer does not answer or refuses the page size or cursor.
    pub async fn search(
        &self,
        search: &Search,
        first: u32,
        after: Option<&str>,
    ) -> Result<Found, IndexerError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct PageInfo {
            has_next_page: bool,
            end_cursor: Option<String>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Page {
            #[serde(deserialize_with = "decimal")]
            total_count: u64,
            nodes: Vec<IndexedLicense>,
            page_info: PageInfo,
        }
        #[derive(Deserialize)]
        struct Data {
            licenses: Page,
        }
        let query = format!(
            "query($where: LicenseFilter, $first: Int, $after: String) {{ \
               licenses(where: $where, first: $first, after: $after) {{ \
                 totalCount nodes {{ {LICENSE} }} pageInfo {{ hasNextPage endCursor }} }} }}"
        );
        let variables = json!({"where": search, "first": first, "after": after});
        let data: Data = self.ask(&query, variables).await?;
        let page = data.licenses;
        Ok(Found {
            licenses: page.nodes,
            total: page.total_count,
            next: page
                .page_info
                .end_cursor
                .filter(|_| page.page_info.has_next_page),
        })
    }

    /// All issuers, removed ones too.
    ///
    /// # Errors
    /// When the indexer does not answer.
    pub async fn issuers(&self) -> Result<Vec<IndexedIssuer>, IndexerError> {
        #[derive(Deserialize)]
        struct Data {
            issuers: Vec<IndexedIssuer>,
        }
        let query = "query($first: Int, $after: Address) { issuers(first: $first, after: $after) \
                     { address name registered grants { licenseTypeId jurisdiction } } }";
        let mut issuers: Vec<IndexedIssuer> = Vec::new();
        loop {
            let after = issuers.last().map(|issuer| issuer.address);
            let data: Data = self
                .ask(query, json!({"first": PAGE, "after": after}))
                .await?;
            let count = data.issuers.len();
            issuers.extend(data.issuers);
            if count < PAGE {
                return Ok(issuers);
            }
        }
    }

    /// The ids of all decisions of a committee, the newest first; none of one that is not indexed.
    ///
    /// # Errors
    /// When the indexer does not answer.
    pub async fn decisions(&self, committee: Address) -> Result<Vec<B256>, IndexerError> {
        #[derive(Deserialize)]
        struct Decision {
            id: B256,
        }
        #[derive(Deserialize)]
        struct Data {
            decisions: Vec<Decision>,
        }
        let query = "query($committee: Address, $first: Int, $after: Hash) { \
                     decisions(where: {committee: $committee}, first: $first, after: $after) { id } }";
        let mut ids = Vec::new();
        loop {
            let variables = json!({"committee": committee, "first": PAGE, "after": ids.last()});
            let data: Data = self.ask(query, variables).await?;
            let count = data.decisions.len();
            ids.extend(data.decisions.into_iter().map(|decision| decision.id));
            if count < PAGE {
                return Ok(ids);
            }
        }
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        query: &str,
        variables: Value,
    ) -> Result<T, IndexerError> {
        let http = |source| IndexerError::Http {
            url: self.url.clone(),
            source,
        };
        let body: Value = self
            .client
            .post(format!("{}/graphql", self.url))
            .json(&json!({"query": query, "variables": variables}))
            .send()
            .await
            .map_err(http)?
            .json()
            .await
            .map_err(http)?;
        answer(body)
    }
}

/// Issuers or decisions asked for at once.
const PAGE: usize = 100;

/// The data of a GraphQL answer.
fn answer<T: DeserializeOwned>(mut body: Value) -> Result<T, IndexerError> {
    if let Some(error) = body["errors"].get(0) {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        return Err(IndexerError::Refused {
            message: text(&error["message"]).unwrap_or_else(|| error.to_string()),
            code: text(&error["extensions"]["code"]),
        });
    }
    Ok(serde_json::from_value(body["data"].take())?)
}

/// Integers of the API are decimal strings.
fn decimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    String::deserialize(deserializer)?
        .parse()
        .map_err(D::Error::custom)
}

/// Statuses of the API are written like `IN_GRACE`.
fn status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Status, D::Error> {
    let name = String::deserialize(deserializer)?;
    Status::ALL
        .into_iter()
        .find(|status| api_name(*status) == name)
        .ok_or_else(|| D::Error::custom(format!("no status is called {name}")))
}

fn statuses<S: Serializer>(statuses: &[Status], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(statuses.iter().copied().map(api_name))
}

/// In our own output a status has its name in the model.
fn status_name<S: Serializer>(status: &Status, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(status.name())
}

fn api_name(status: Status) -> String {
    let mut name = String::new();
    for letter in status.name().chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_called_as_in_the_api() {
        assert_eq!(api_name(Status::InGrace), "IN_GRACE");
        assert_eq!(api_name(Status::NotYetValid), "NOT_YET_VALID");
        assert_eq!(api_name(Status::Active), "ACTIVE");
    }

    #[test]
    fn an_answer_with_errors_is_a_refusal_with_its_code() {
        let body = json!({"data": null, "errors": [
            {"message": "block 9 is not indexed yet", "extensions": {"code": "BLOCK_NOT_INDEXED"}}]});
        let error = answer::<Value>(body).unwrap_err().to_string();
        assert_eq!(
            error,
            "the indexer refuses: block 9 is not indexed yet (BLOCK_NOT_INDEXED)"
        );
    }

    #[test]
    fn a_search_sends_only_what_is_asked_for() {
        let search = Search {
            status_in: vec![Status::Active, Status::InGrace],
            license_type: Some(1),
            ..Search::default()
        };
        assert_eq!(
            serde_json::to_value(search).unwrap(),
            json!({"licenseType": 1, "statusIn": ["ACTIVE", "IN_GRACE"]})
        );
        assert_eq!(serde_json::to_value(Search::default()).unwrap(), json!({}));
    }
}
