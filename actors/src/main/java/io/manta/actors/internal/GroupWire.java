package io.manta.actors.internal;

import io.manta.core.GroupNames;
import io.manta.core.JobId;
import io.manta.core.NodeId;
import io.manta.core.PlacementGroupId;
import io.manta.core.Resources;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// The binary forms of what is said for each placement group; see [Wire].
final class GroupWire {
  private static final int BYTES = 256;

  private GroupWire() {}

  private interface Body {
    void write(DataOutputStream out) throws IOException;
  }

  private static byte[] bytes(int kind, Body body) {
    var bytes = new ByteArrayOutputStream(BYTES);
    try {
      var out = new DataOutputStream(bytes);
      out.writeByte(kind);
      body.write(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  static byte[] encode(int kind, Message.PrepareBundles m) {
    return bytes(
        kind,
        out -> {
          put(out, m.names());
          out.writeInt(m.attempt());
          out.writeByte(m.commits() ? 1 : 0);
          out.writeInt(m.bundles().size());
          for (var bundle : m.bundles().entrySet()) {
            out.writeInt(bundle.getKey());
            put(out, bundle.getValue());
          }
          out.writeByte(m.turn().isPresent() ? 1 : 0);
          if (m.turn().isPresent()) {
            Message.BundleTurn turn = m.turn().get();
            out.writeLong(turn.job().driver().value());
            out.writeLong(turn.waitedNanos());
            out.writeLong(turn.mostNanos());
            put(out, turn.quota());
          }
        });
  }

  static Message.PrepareBundles prepare(ByteBuffer in) {
    GroupNames names = names(in);
    int attempt = in.getInt();
    boolean commits = in.get() == 1;
    int count = in.getInt();
    var bundles = new TreeMap<Integer, Resources>();
    for (int i = 0; i < count; i++) {
      int index = in.getInt();
      bundles.put(index, resources(in));
    }
    Optional<Message.BundleTurn> turn =
        in.get() == 0
            ? Optional.empty()
            : Optional.of(
                new Message.BundleTurn(
                    new JobId(new NodeId(in.getLong())),
                    in.getLong(),
                    in.getLong(),
                    in.hasRemaining() ? resources(in) : Resources.NONE));
    return new Message.PrepareBundles(names, attempt, commits, bundles, turn);
  }

  static byte[] encode(int kind, Message.CommitBundles m) {
    return bytes(
        kind,
        out -> {
          put(out, m.group());
          out.writeInt(m.attempt());
        });
  }

  static Message.CommitBundles commit(ByteBuffer in) {
    return new Message.CommitBundles(group(in), in.getInt());
  }

  static byte[] encode(int kind, Message.BundlesAnswer m) {
    return bytes(
        kind,
        out -> {
          put(out, m.group());
          out.writeInt(m.attempt());
          out.writeByte(m.done() ? 1 : 0);
          put(out, m.total());
          put(out, m.available());
        });
  }

  static Message.BundlesAnswer answer(ByteBuffer in) {
    return new Message.BundlesAnswer(
        group(in), in.getInt(), in.get() == 1, resources(in), resources(in));
  }

  static byte[] encode(int kind, Message.RemoveBundles m) {
    return bytes(
        kind,
        out -> {
          put(out, m.names());
          out.writeInt(m.attempt());
          put(out, m.why());
        });
  }

  static Message.RemoveBundles remove(ByteBuffer in) {
    return new Message.RemoveBundles(names(in), in.getInt(), Wire.text(in));
  }

  static byte[] encode(int kind, Message.BundlesRemoved m) {
    return bytes(
        kind,
        out -> {
          put(out, m.total());
          put(out, m.available());
        });
  }

  static Message.BundlesRemoved removed(ByteBuffer in) {
    return new Message.BundlesRemoved(resources(in), resources(in));
  }

  private static void put(DataOutputStream out, GroupNames names) throws IOException {
    put(out, names.group());
    put(out, names.label());
  }

  private static GroupNames names(ByteBuffer in) {
    return new GroupNames(group(in), Wire.text(in));
  }

  private static void put(DataOutputStream out, PlacementGroupId group) throws IOException {
    out.writeLong(group.owner().value());
    out.writeLong(group.number());
  }

  private static PlacementGroupId group(ByteBuffer in) {
    return new PlacementGroupId(new NodeId(in.getLong()), in.getLong());
  }

  private static void put(DataOutputStream out, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static void put(DataOutputStream out, Resources resources) throws IOException {
    Map<String, Long> units = resources.toUnits();
    out.writeInt(units.size());
    for (var amount : units.entrySet()) {
      put(out, amount.getKey());
      out.writeLong(amount.getValue());
    }
  }

  private static Resources resources(ByteBuffer in) {
    int count = in.getInt();
    var units = new LinkedHashMap<String, Long>();
    for (int i = 0; i < count; i++) {
      String name = Wire.text(in);
      units.put(name, in.getLong());
    }
    return Resources.ofUnits(units);
  }
}
