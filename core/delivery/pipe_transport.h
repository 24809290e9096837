// PipeTransport: mail to an external command, one master.cf service with "pipe" in its command
// column.  All recipients of an attempt are one command, so how many there are is
// <transport>_destination_recipient_limit's word; the flags D and O need one (the limit is then 1).
// Postfix: pipe(8).
#pragma once

#include "core/delivery/blocking_transport.h"
#include "core/delivery/local/order.h"
#include "core/delivery/local/pipe_service.h"

namespace postern::delivery {

struct PipeOptions {
  PipeService service;              // the words of the master.cf line
  Identity owner;                   // user= resolved; neither root nor mail_owner
  Seconds time_limit{1000};         // <transport>_time_limit, command_time_limit
  std::string recipient_delimiter;  // recipient_delimiter
  bool allow_min_user = false;      // allow_min_user
  std::vector<std::string> environment = {
      "PATH=/usr/bin:/bin"};  // export_environment, "NAME=value"
};

class PipeTransport final : public BlockingTransport {
 public:
  PipeTransport(PipeOptions options, std::shared_ptr<OrderRunner> runner, net::BlockingPool& pool);

 protected:
  mail::AttemptResult perform(const mail::Attempt& attempt) override;

 private:
  LocalOutcome run(const mail::Attempt& attempt, std::span<const std::uint32_t> recipients);
  Result<CommandOrder> order_for(const mail::Attempt& attempt,
                                 std::span<const std::uint32_t> recipients) const;

  PipeOptions options_;
  std::shared_ptr<OrderRunner> runner_;
};

}  // namespace postern::delivery
