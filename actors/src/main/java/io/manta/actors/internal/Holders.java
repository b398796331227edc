package io.manta.actors.internal;

import io.manta.core.NodeId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// The processes whose stores have a large value. The process that owns the object knows all of
/// them, another knows some.
final class Holders {
  static final int MOST_TOLD = 8;

  /// @param host the same for all processes that share memory
  record Holder(NodeId node, long host) {}

  private static final class Known {
    private final Holder holder;
    private int told;

    Known(Holder holder) {
      this.holder = holder;
    }
  }

  private final List<Known> all = new ArrayList<>();

  Holders(List<Holder> holders) {
    holders.forEach(this::add);
  }

  synchronized void add(Holder holder) {
    if (all.stream().noneMatch(known -> known.holder.equals(holder))) {
      all.add(new Known(holder));
    }
  }

  synchronized void remove(NodeId node) {
    all.removeIf(known -> known.holder.node.equals(node));
  }

  synchronized void clear() {
    all.clear();
  }

  synchronized boolean isEmpty() {
    return all.isEmpty();
  }

  synchronized List<Holder> list() {
    return all.stream().map(known -> known.holder).toList();
  }

  /// The holders for one more reader, those first that the fewest readers were told of: each reader
  /// on another host becomes a holder, so that many copies are made along a tree. The first holder
  /// of all is among them: most likely it has the value for as long as anybody.
  synchronized List<Holder> tell() {
    var told = new ArrayList<Known>(MOST_TOLD);
    all.stream()
        .sorted(Comparator.comparingInt(known -> known.told))
        .limit(MOST_TOLD)
        .forEach(told::add);
    if (!all.isEmpty() && !told.contains(all.getFirst())) {
      told.set(MOST_TOLD - 1, all.getFirst());
    }
    told.stream().findFirst().ifPresent(first -> first.told++);
    return told.stream().map(known -> known.holder).toList();
  }
}
