use crate::Reason;

/// Where a license is valid: an ISO 3166-1 country (`US`) or an ISO 3166-2 subdivision (`US-NY`).
/// Two capital letters, then optionally a hyphen and one to three capitals or digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(
    feature = "scale",
    derive(codec::Encode, codec::Decode, scale_info::TypeInfo)
)]
pub struct Jurisdiction([u8; 6]);

impl Jurisdiction {
    /// Reads a code. Only its form is checked, not whether ISO has assigned it.
    ///
    /// # Errors
    /// [`Reason::InvalidJurisdiction`] for any other form.
    pub fn parse(code: &str) -> Result<Self, Reason> {
        let bytes = code.as_bytes();
        let well_formed = match bytes {
            [a, b] => is_capital(a) && is_capital(b),
            [a, b, b'-', subdivision @ ..] => {
                is_capital(a)
                    && is_capital(b)
                    && (1..=3).contains(&subdivision.len())
                    && subdivision
                        .iter()
                        .all(|c| is_capital(c) || c.is_ascii_digit())
            }
            _ => false,
        };
        if !well_formed {
            return Err(Reason::InvalidJurisdiction);
        }
        let mut padded = [0; 6];
        for (slot, byte) in padded.iter_mut().zip(bytes) {
            *slot = *byte;
        }
        Ok(Self(padded))
    }

    /// Reads a code that is padded with zeros to six bytes.
    ///
    /// # Errors
    /// [`Reason::InvalidJurisdiction`] as [`Jurisdiction::parse`].
    pub fn from_bytes(bytes: [u8; 6]) -> Result<Self, Reason> {
        let end = bytes
            .iter()
            .position(|byte| *byte == 0)
            .unwrap_or(bytes.len());
        let (code, padding) = bytes.split_at(end);
        if padding.iter().any(|byte| *byte != 0) {
            return Err(Reason::InvalidJurisdiction);
        }
        core::str::from_utf8(code)
            .map_err(|_| Reason::InvalidJurisdiction)
            .and_then(Self::parse)
    }

    /// The code, padded with zeros.
    pub const fn to_bytes(self) -> [u8; 6] {
        self.0
    }

    /// The code, for example `US-NY`.
    pub fn as_str(&self) -> &str {
        let end = self
            .0
            .iter()
            .position(|byte| *byte == 0)
            .unwrap_or(self.0.len());
        let code = self.0.get(..end).unwrap_or_default();
        // A parsed code is ASCII; a stored one that is not was never written by us.
        core::str::from_utf8(code).unwrap_or_default()
    }

    /// Whether such a place may exist: a subdivision is on its country's list, if that is known here. A
    /// made-up one would dodge the rules of every real one.
    pub fn may_exist(&self) -> bool {
        let code = self.as_str();
        let Some((country, subdivision)) = code.split_once('-') else {
            return true;
        };
        SUBDIVISIONS
            .iter()
            .find(|(known, _)| *known == country)
            .is_none_or(|(_, list)| list.split(' ').any(|listed| listed == subdivision))
    }

    /// The country alone: `US` of `US-NY`.
    pub fn country(&self) -> Self {
        let [a, b, ..] = self.0;
        Self([a, b, 0, 0, 0, 0])
    }
}

/// The subdivisions of countries whose law differs by subdivision (ISO 3166-2), and of the Union, whose
/// are its members. Those of other countries are taken as they come.
const SUBDIVISIONS: [(&str, &str); 5] = [
    (
        "US",
        "AK AL AR AS AZ CA CO CT DC DE FL GA GU HI IA ID IL IN KS KY LA MA MD ME MI MN MO MP MS MT NC ND NE NH \
         NJ NM NV NY OH OK OR PA PR RI SC SD TN TX UM UT VA VI VT WA WI WV WY",
    ),
    (
        "EU",
        "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK",
    ),
    ("DE", "BB BE BW BY HB HE HH MV NI NW RP SH SL SN ST TH"),
    ("CA", "AB BC MB NB NL NS NT NU ON PE QC SK YT"),
    ("AU", "ACT NSW NT QLD SA TAS VIC WA"),
];

/// Where an issuer may act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(
    feature = "scale",
    derive(codec::Encode, codec::Decode, scale_info::TypeInfo)
)]
pub enum Scope {
    /// In every jurisdiction.
    Everywhere,
    /// In one; a country covers its subdivisions.
    In(Jurisdiction),
}

impl Scope {
    /// Reads a scope; the empty string is everywhere.
    ///
    /// # Errors
    /// [`Reason::InvalidJurisdiction`] as [`Jurisdiction::parse`].
    pub fn parse(code: &str) -> Result<Self, Reason> {
        if code.is_empty() {
            Ok(Self::Everywhere)
        } else {
            Jurisdiction::parse(code).map(Self::In)
        }
    }

    /// The scopes that cover `jurisdiction`, narrowest first.
    pub fn covering(jurisdiction: Jurisdiction) -> [Self; 3] {
        [
            Self::In(jurisdiction),
            Self::In(jurisdiction.country()),
            Self::Everywhere,
        ]
    }
}

fn is_capital(byte: &u8) -> bool {
    byte.is_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn iso_codes_are_read_and_shown_alike() {
        for code in ["US", "US-NY", "EU-DE", "GB-ENG", "FR-75", "JP-1"] {
            assert_eq!(Jurisdiction::parse(code).expect(code).as_str(), code);
        }
    }

    #[test]
    fn other_forms_are_refused() {
        for code in [
            "", "U", "us", "USA", "US-", "US-NEWY", "US_NY", "U1", "US-ny", "US-N\0", "ÜS", " US",
            "US ",
        ] {
            assert_eq!(
                Jurisdiction::parse(code),
                Err(Reason::InvalidJurisdiction),
                "{code:?}"
            );
        }
    }

    #[test]
    fn a_country_covers_its_subdivisions() {
        let new_york = Jurisdiction::parse("US-NY").expect("valid");
        let covering = Scope::covering(new_york);
        assert!(covering.contains(&Scope::parse("US").expect("valid")));
        assert!(covering.contains(&Scope::parse("").expect("valid")));
        assert!(!covering.contains(&Scope::parse("US-CA").expect("valid")));
    }

    proptest! {
        #[test]
        fn what_parses_prints_the_same(code in "\\PC{0,8}") {
            if let Ok(jurisdiction) = Jurisdiction::parse(&code) {
                prop_assert_eq!(jurisdiction.as_str(), code);
            }
        }
    }
}
