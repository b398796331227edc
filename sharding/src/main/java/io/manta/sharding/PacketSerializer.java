package io.manta.sharding;

import java.io.NotSerializableException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.pekko.serialization.ByteBufferSerializer;
import org.apache.pekko.serialization.SerializerWithStringManifest;

/// Packets and the messages to slots and routers, as bytes. A kind is a manifest of one letter; new
/// kinds get new letters. By [Packet.Open], [Packet.Ask] and [Packet.Speaks] processes tell their
/// versions, so that the forms of these stay for ever.
final class PacketSerializer extends SerializerWithStringManifest implements ByteBufferSerializer {
  static final int ID = 7_301;

  @Override
  public int identifier() {
    return ID;
  }

  @Override
  public String manifest(Object value) {
    return switch (value) {
      case Packet.Frame ignored -> "F";
      case Packet.Acknowledge ignored -> "A";
      case Packet.Open ignored -> "O";
      case Packet.Opened ignored -> "D";
      case Packet.Replaced ignored -> "R";
      case Packet.Ask ignored -> "V";
      case Packet.Speaks ignored -> "S";
      case EntityMessage ignored -> "E";
      default -> throw new IllegalArgumentException("not a packet: " + value.getClass());
    };
  }

  @Override
  public void toBinary(Object value, ByteBuffer out) {
    switch (value) {
      case Packet.Frame frame -> {
        out.putLong(frame.from()).putLong(frame.number()).putLong(frame.acknowledged());
        out.putInt(frame.payload().length).put(frame.payload());
      }
      case Packet.Acknowledge(long from, long acknowledged) ->
          out.putLong(from).putLong(acknowledged);
      case Packet.Open(long from, long target, String address, int version) -> {
        out.putLong(from).putLong(target);
        putText(out, address);
        out.putInt(version);
      }
      case Packet.Opened(long from) -> out.putLong(from);
      case Packet.Replaced(long target, long from) -> out.putLong(target).putLong(from);
      case Packet.Ask(int version) -> out.putInt(version);
      case Packet.Speaks(int version) -> out.putInt(version);
      case EntityMessage message -> {
        putText(out, message.entity());
        out.putInt(message.payload().length).put(message.payload());
      }
      default -> throw new IllegalArgumentException("not a packet: " + value.getClass());
    }
  }

  @Override
  public Object fromBinary(ByteBuffer in, String manifest) throws NotSerializableException {
    return switch (manifest) {
      case "F" -> new Packet.Frame(in.getLong(), in.getLong(), in.getLong(), bytes(in));
      case "A" -> new Packet.Acknowledge(in.getLong(), in.getLong());
      case "O" -> new Packet.Open(in.getLong(), in.getLong(), text(in), in.getInt());
      case "D" -> new Packet.Opened(in.getLong());
      case "R" -> new Packet.Replaced(in.getLong(), in.getLong());
      case "V" -> new Packet.Ask(in.getInt());
      case "S" -> new Packet.Speaks(in.getInt());
      case "E" -> new EntityMessage(text(in), bytes(in));
      default -> throw new NotSerializableException("a packet of kind '" + manifest + "'");
    };
  }

  private static void putText(ByteBuffer out, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.putInt(bytes.length).put(bytes);
  }

  private static String text(ByteBuffer in) throws NotSerializableException {
    return new String(bytes(in), StandardCharsets.UTF_8);
  }

  private static byte[] bytes(ByteBuffer in) throws NotSerializableException {
    int length = in.getInt();
    if (length < 0 || length > in.remaining()) {
      throw new NotSerializableException(length + " bytes of " + in.remaining());
    }
    byte[] bytes = new byte[length];
    in.get(bytes);
    return bytes;
  }

  @Override
  public byte[] toBinary(Object value) {
    int size =
        switch (value) {
          case Packet.Frame frame -> 28 + frame.payload().length;
          case EntityMessage message ->
              8 + 4 * message.entity().length() + message.payload().length;
          case Packet.Open open -> 24 + 4 * open.address().length();
          default -> 16;
        };
    ByteBuffer buffer = ByteBuffer.allocate(size);
    toBinary(value, buffer);
    return java.util.Arrays.copyOf(buffer.array(), buffer.position());
  }

  @Override
  public Object fromBinary(byte[] bytes, String manifest) throws NotSerializableException {
    return fromBinary(ByteBuffer.wrap(bytes), manifest);
  }
}
