package io.manta.cli.internal;

import io.manta.core.DataSize;
import io.manta.core.NodeInfo;
import io.manta.core.Resources;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// Nodes as an aligned table for people: what is in use of what each has, and the totals.
public record NodeTable(List<List<String>> rows) {
  private static final Set<String> KNOWN = Set.of(Resources.CPU, Resources.GPU, Resources.MEMORY);

  public static NodeTable of(List<NodeInfo> nodes) {
    var rows = new ArrayList<List<String>>();
    rows.add(List.of("NODE", "ADDRESS", "CPU", "GPU", "MEMORY", "OTHER", "LABELS"));
    Resources total = Resources.NONE;
    Resources available = Resources.NONE;
    for (NodeInfo node : nodes) {
      rows.add(
          row(node.id().toString(), node.address(), node.total(), node.available(), labels(node)));
      total = total.plus(node.total());
      available = available.plus(node.available());
    }
    rows.add(row("total", "", total, available, ""));
    return new NodeTable(rows);
  }

  private static List<String> row(
      String name, String address, Resources total, Resources available, String labels) {
    Resources used = total.minus(available);
    var others = new StringJoiner(", ");
    for (String resource : total.names()) {
      if (!KNOWN.contains(resource)) {
        others.add(resource + " " + share(used, total, resource));
      }
    }
    return List.of(
        name,
        address,
        share(used, total, Resources.CPU),
        share(used, total, Resources.GPU),
        used.memory() + " / " + new DataSize(total.memory().bytes()),
        others.toString(),
        labels);
  }

  private static String labels(NodeInfo node) {
    return new TreeMap<>(node.labels())
        .entrySet().stream()
            .map(label -> label.getKey() + "=" + label.getValue())
            .collect(Collectors.joining(","));
  }

  private static String share(Resources used, Resources total, String resource) {
    return number(used.amount(resource)) + " / " + number(total.amount(resource));
  }

  private static String number(double amount) {
    return amount == Math.rint(amount) ? Long.toString((long) amount) : Double.toString(amount);
  }

  public List<String> lines() {
    return TextTable.lines(rows);
  }
}
