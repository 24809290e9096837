// How much one delivery result moves a lane's concurrency.  A lane's window is a whole number of
// parallel deliveries; feedback may be a fraction, so that a wide window moves only after as many
// results as it is wide.  Plain value.  Syntax of *_destination_concurrency_*_feedback in main.cf:
// a number, or a number divided by `concurrency` or by `sqrt_concurrency`.
#pragma once

#include <string_view>

#include "core/base/result.h"

namespace postern::queue {

struct Feedback {
  enum class Divisor { kNone, kConcurrency, kSquareRoot };

  double numerator = 1.0;  // 0 switches the adaptation off
  Divisor divisor = Divisor::kNone;

  // "1", "0.5", "1/concurrency", "1/sqrt_concurrency".  kInvalid: any other text, or a numerator
  // outside 0..1.
  static Result<Feedback> parse(std::string_view text);
  // In whole window steps, for a window of `concurrency` >= 1.
  double amount(unsigned concurrency) const;

  bool operator==(const Feedback&) const = default;
};

}  // namespace postern::queue
