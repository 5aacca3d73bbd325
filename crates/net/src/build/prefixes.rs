//! Prefix lists: AWS's own and the customer's.

use portcullis_estate::{Estate, Gap};

const ENTRIES: &str = "ec2/get-managed-prefix-list-entries";

/// The blocks of a prefix list as seen from an account and region. Entries that were not read are a gap, never empty:
/// <https://docs.aws.amazon.com/vpc/latest/userguide/managed-prefix-lists.html>.
pub(super) fn blocks(estate: &Estate, account: &str, region: &str, id: &str) -> Result<Vec<String>, Gap> {
    let here = |row_account: &str, row_region: &str| row_account == account && row_region == region;
    let gap = estate.coverage.gap_of_parent(account, region, ENTRIES, id);
    if gap.is_none() {
        return Ok(estate
            .prefix_list_entries
            .iter()
            .filter(|(_, row)| here(&row.account, &row.region) && row.parent.as_deref() == Some(id))
            .map(|(_, row)| row.data.cidr.clone())
            .collect());
    }
    // AWS's lists for gateway endpoints come with their blocks from an older call.
    let listed =
        estate.prefix_lists.iter().map(|(_, row)| row).find(|row| *row.id == *id && here(&row.account, &row.region));
    if let Some(blocks) = listed.and_then(|row| row.data.cidrs.known()) {
        return Ok(blocks.clone());
    }
    // A shared list may have been read in another account.
    let elsewhere: Vec<String> = estate
        .prefix_list_entries
        .iter()
        .filter(|(_, row)| row.parent.as_deref() == Some(id))
        .filter(|(_, row)| estate.coverage.gap_of_parent(&row.account, &row.region, ENTRIES, id).is_none())
        .map(|(_, row)| row.data.cidr.clone())
        .collect();
    match gap {
        Some(gap) if elsewhere.is_empty() => Err(gap),
        _ => Ok(elsewhere),
    }
}
