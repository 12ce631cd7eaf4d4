//! What a list costs in the library's count of complexity.

/// Beyond every limit, and so small that sums and products of a few of it do not overflow.
const TOO_MUCH: usize = u32::MAX as usize;

/// The cost of a list of `rows` rows: `base` for finding it, and each row what its fields cost, but
/// never nothing: `__typename` alone costs nothing in the library's count.
pub(super) fn list(base: usize, rows: usize, row: usize) -> usize {
    let all = rows.saturating_mul(row.max(1));
    all.saturating_add(base).min(TOO_MUCH)
}

/// As [`list`], for a page whose size the client chooses.
pub(super) fn page(base: usize, first: Option<i32>, row: usize) -> usize {
    let rows = first.map_or(super::connection::DEFAULT_PAGE as usize, |first| {
        usize::try_from(first).unwrap_or(0)
    });
    list(base, rows, row)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_never_free() {
        assert_eq!(list(20, 8, 0), 28);
        assert_eq!(page(0, Some(1000), 0), 1000);
        assert_eq!(page(500, None, 2), 600);
        assert_eq!(page(500, Some(-1), 2), 500);
    }

    #[test]
    fn lists_of_lists_do_not_overflow() {
        let deep = (0..64).fold(1, |row, _| page(500, Some(i32::MAX), row));
        assert_eq!(deep, TOO_MUCH);
    }
}
