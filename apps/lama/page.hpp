#pragma once

#include "net/http_server.hpp"

#include <optional>
#include <string>

/// The web page, built into the program (apps/CMakeLists.txt packs apps/web/dist).
namespace lama::app {

/// For `http_handlers::file`. Files whose name bears their hash (below /assets/) never change; any other path without a file is the page itself, which
/// looks at the path. Where the page was not built, "/" says so.
std::optional<net::static_file> page_file(const std::string& path, const std::string& encodings);

bool has_page();

/// What a person opens; `token` is good once.
std::string login_url(const std::string& ipc_url, const std::string& token);

} // namespace lama::app
