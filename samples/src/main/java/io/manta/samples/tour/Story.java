package io.manta.samples.tour;

import io.manta.core.NodeId;
import java.io.PrintStream;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/// What the tour tells its reader, and what it remembers of where things ran.
public final class Story {
  private final PrintStream out;
  private final Map<String, Map<NodeId, Integer>> places = new LinkedHashMap<>();
  private int chapter;

  public Story(PrintStream out) {
    this.out = out;
  }

  /// Begins a part.
  public void chapter(String title, String explanation) {
    chapter++;
    out.println();
    out.println(chapter + ". " + title);
    out.println("   " + explanation);
  }

  /// Tells a fact.
  public void tell(String fact) {
    out.println("   " + fact);
  }

  /// Notes that one thing of a kind ran on a node.
  public void ran(String what, NodeId node) {
    places
        .computeIfAbsent(what, _ -> new TreeMap<>(Comparator.comparingLong(NodeId::value)))
        .merge(node, 1, Integer::sum);
  }

  /// How many of each kind ran on each node.
  public Map<String, Map<NodeId, Integer>> places() {
    return places;
  }
}
