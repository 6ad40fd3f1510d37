#include "actors/common/errors.hpp"

#include <algorithm>

namespace lama::actors {

namespace {

const auto category = caf::atom("lama");

} // namespace

caf::error to_caf(const lama::error& failure) {
  return {static_cast<uint8_t>(failure.code), category, caf::make_message(failure.message, failure.detail)};
}

lama::error from_caf(const caf::error& failure) {
  if (failure.category() == category) {
    lama::error x{static_cast<errc>(failure.code()), {}, {}};
    if (failure.context().match_elements<std::string, std::string>()) {
      x.message = failure.context().get_as<std::string>(0);
      x.detail = failure.context().get_as<std::string>(1);
    }
    return x;
  }
  if (failure == caf::sec::request_timeout)
    return {errc::timeout, "no answer in time; try again", {}};
  if (failure == caf::sec::request_receiver_down)
    return {errc::cancelled, "the part of the node that should answer is restarting; try again", {}};
  return {errc::internal, "unexpected failure inside the node", caf::to_string(failure)};
}

} // namespace lama::actors
