#include "core/delivery/smtp/recipient_ledger.h"

namespace postern::delivery {

RecipientLedger::RecipientLedger(const mail::Attempt& attempt)
    : entries_(attempt.recipients.size()), unsettled_(attempt.recipients.size()) {
  for (std::size_t i = 0; i < entries_.size(); ++i)
    entries_[i].result.recipient = attempt.recipients[i];
}

std::vector<std::size_t> RecipientLedger::unsettled_positions() const {
  std::vector<std::size_t> out;
  out.reserve(unsettled_);
  for (std::size_t i = 0; i < entries_.size(); ++i)
    if (!entries_[i].is_settled) out.push_back(i);
  return out;
}

void RecipientLedger::deliver(std::size_t position, const mail::Reply& reply, const PeerLabel& peer,
                              bool relayed_without_dsn) {
  Entry& entry = entries_[position];
  if (entry.is_settled) return;
  entry.is_settled = true;
  --unsettled_;
  mail::RecipientResult& result = entry.result;
  result.outcome = mail::Outcome::kDelivered;
  result.status = reply.status() ? reply.status()->to_string() : "2.0.0";
  result.smtp_reply = reply_text(reply);
  result.diagnostic = result.smtp_reply;
  result.remote_mta = peer.with_port;
  result.relayed_without_dsn = relayed_without_dsn;
}

void RecipientLedger::refuse(std::size_t position, const PeerFault& fault) {
  Entry& entry = entries_[position];
  if (entry.is_settled) return;
  mail::RecipientResult& result = entry.result;
  result.outcome = fault.is_permanent ? mail::Outcome::kFailed : mail::Outcome::kDeferred;
  result.status = fault.status;
  result.diagnostic = fault.diagnostic;
  result.smtp_reply = fault.smtp_reply;
  result.remote_mta = fault.remote_mta;
  if (!fault.is_permanent) return;
  entry.is_settled = true;
  --unsettled_;
}

void RecipientLedger::refuse_unsettled(const PeerFault& fault) {
  for (std::size_t i = 0; i < entries_.size(); ++i)
    refuse(i, fault);
}

std::vector<mail::RecipientResult> RecipientLedger::take() {
  std::vector<mail::RecipientResult> out;
  out.reserve(entries_.size());
  for (Entry& entry : entries_) {
    mail::RecipientResult& result = entry.result;
    if (!entry.is_settled && result.status.empty()) {
      result.status = "4.4.0";
      result.diagnostic = "no server was left to try";
    }
    out.push_back(std::move(result));
  }
  return out;
}

}  // namespace postern::delivery
