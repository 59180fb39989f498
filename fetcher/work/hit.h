// Content that is on this host and is used as it is: what the cache has, and files of the host.
#pragma once

#include <optional>
#include <string>

#include "fetcher/cache/cache.h"
#include "fetcher/cache/content.h"
#include "fetcher/plan/fetch_plan.h"
#include "fetcher/plan/materialize.h"
#include "fetcher/transfer/uri_account.h"
#include "sandbox/base/result.h"

namespace slipway::fetcher {

// What the cache has for a step, in use; nothing where it has nothing, or not what the URI's
// checksum says. Marks it as used.
std::optional<Content> find_hit(const Cache& cache, const FetchStep& step, const std::string& key);

// Whether content of the cache is what its entry says, or where the URI has a SHA-512, what that
// says. All of it is read.
Result<bool> is_right(const FetchStep& step, const Content& content);

// Brings cached content to its place in the staging area, with its mode, or only verifies it where
// no file of it is to stay. The hash is computed of the very bytes that are copied; a file that
// shares its blocks with the cache's is known by its identity, before and after, or hashed where
// that says nothing, once: `cache` (may be null) notes the identity then. False where it is not
// what it should be: what was copied is then worthless. Reports what close(2) says of the file: NFS
// and quotas tell only then.
Result<bool> deliver(const FetchStep& step, const Content& content, Sharing sharing,
                     const Cache* cache, int parent, const std::string& name);

// Makes the file of a step in the staging area, empty and for its owner alone.
Result<Fd> make_staged(int parent, const std::string& name);

// Copies the file that a local URI names, in one try: its checksum was compared, its mode is set,
// and it was closed without an error.
Result<Received, TransferFailure> copy_local(const FetchStep& step, int parent,
                                             const std::string& name, const TransferLimits& limits,
                                             UriAccount& account);

}  // namespace slipway::fetcher
