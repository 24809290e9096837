#include "core/delivery/blocking_transport.h"

#include <chrono>

#include "core/base/log.h"

namespace postern::delivery {

net::Task<mail::AttemptResult> BlockingTransport::deliver(net::Loop& loop, mail::Attempt attempt) {
  const auto started = std::chrono::steady_clock::now();
  auto work = [this, attempt]() { return perform(attempt); };
  auto performed = co_await net::on_pool(loop, pool_, std::move(work));
  if (!performed)
    co_return same_for_all(attempt, deferred("4.3.2", "too many deliveries are waiting"),
                           attempt.route.transport);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - started;
  performed->transmit_seconds = taken.count();
  co_return std::move(*performed);
}

mail::RecipientResult recipient_result(const mail::Attempt& attempt, std::uint32_t recipient,
                                       LocalOutcome outcome, std::string_view service) {
  if (!outcome.remedy.empty())
    log::warning(service, "{:X}: {}", attempt.id.value(), outcome.remedy);
  mail::RecipientResult out;
  out.recipient = recipient;
  out.outcome = outcome.outcome;
  out.status = std::move(outcome.status);
  out.diagnostic = std::move(outcome.diagnostic);
  out.remote_mta = service;
  return out;
}

mail::AttemptResult same_for_all(const mail::Attempt& attempt, const LocalOutcome& outcome,
                                 std::string_view service) {
  mail::AttemptResult out;
  for (const auto recipient : attempt.recipients) {
    auto each = outcome;
    if (!out.recipients.empty()) each.remedy.clear();  // once is enough
    out.recipients.push_back(recipient_result(attempt, recipient, std::move(each), service));
  }
  return out;
}

std::string delivery_prologue(const mail::Envelope& envelope, std::string_view original_recipient,
                              std::string_view delivered_to) {
  // Addresses hold no line ends, but what a table or a spool file held must not make a header.
  std::string out =
      fmt::format("Return-Path: <{}>\n", log::printable(mail::to_wire(envelope.reverse_path)));
  if (!original_recipient.empty())
    out += fmt::format("X-Original-To: {}\n", log::printable(original_recipient));
  if (!delivered_to.empty()) out += fmt::format("Delivered-To: {}\n", log::printable(delivered_to));
  return out;
}

}  // namespace postern::delivery
