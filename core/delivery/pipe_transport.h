// PipeTransport: mail to an external command, one master.cf service with "pipe" in its command
// column.  All recipients of an attempt are one command, so how many there are is
// <transport>_destination_recipient_limit's word.  With the flags D or O, which put one recipient
// into the message, each has a command of its own.
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
  using Indexes = std::vector<std::uint32_t>;

  void run(const mail::Attempt& attempt, const Indexes& recipients, mail::AttemptResult& result);
  Result<std::vector<std::string>> arguments(const mail::Attempt& attempt,
                                             const Indexes& recipients) const;
  StreamForm form_for(const mail::Attempt& attempt, const mail::Recipient& first) const;

  PipeOptions options_;
  std::shared_ptr<OrderRunner> runner_;
};

}  // namespace postern::delivery
