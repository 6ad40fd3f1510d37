#include "apps/lama/commands.hpp"
#include "apps/lama/page.hpp"

#include <iostream>

namespace lama::app {

namespace {

int show_login_url(const common_options& common) {
  auto at = find_node(common);
  if (!at)
    return report(at.failure(), common.json);
  auto answer = client_to(*at, common.user).call("node:createLoginToken");
  if (!answer)
    return report(answer.failure(), common.json);
  auto url = login_url(at->url, text_in(*answer, "token"));
  if (common.json)
    print_json({{"url", url}, {"lifetimeMs", number_in(*answer, "lifetimeMs")}});
  else
    std::cout << url << '\n';
  return worked;
}

} // namespace

void add_login_url_command(command_list& to) {
  auto* command = to.add("login-url", "A link that lets one browser in, once, within 15 minutes");
  to.on(command, [&common = to.common] { return show_login_url(common); });
}

} // namespace lama::app
