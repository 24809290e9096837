#include "core/delivery/local/outcome.h"

namespace postern::delivery {

LocalOutcome outcome_of(const Error& error) {
  switch (error.kind) {
    case ErrorKind::kNoSpace: return deferred("4.3.1", error.describe());
    case ErrorKind::kTimeout: return deferred("4.2.0", error.describe());
    case ErrorKind::kLimit: return failed("5.2.2", error.describe());
    default: return deferred("4.3.0", error.describe());
  }
}

}  // namespace postern::delivery
