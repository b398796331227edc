package io.manta.actors;

import java.util.Map;
import java.util.function.Consumer;

/// Small records by key that every node holds: for settings, routes and the like, not for data. At
/// most some ten thousand, each well under 100 KiB. The last write to a key wins. Writes reach the
/// nodes within about a second and survive the death of any minority of them.
///
/// They end with the last node. Those of spaces whose names begin with `kept.` do not where nodes
/// have a state folder: each keeps them there, and has them again when it starts.
public interface ClusterRecords {
  /// The space of the state folders: for each the node that has it, and where that is. After all
  /// nodes were stopped, detached actors and placement groups wait for each of them; who removes a
  /// record gives that folder up for good, and what only it had.
  String STATE_FOLDERS = "kept.state-folders";

  /// What this process knows now.
  Map<String, byte[]> all();

  /// Writes; returns when a majority of the nodes has it.
  ///
  /// @throws io.manta.core.ClusterUnavailableException when that takes over ten seconds
  void put(String key, byte[] value);

  /// Removes; otherwise as [#put].
  void remove(String key);

  /// Calls back with all records now and after each change, one call at a time, on a thread of its
  /// own, until the subscription is closed.
  AutoCloseable subscribe(Consumer<Map<String, byte[]>> listener);
}
