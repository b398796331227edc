package io.manta.benchmarks.internal;

import io.manta.benchmarks.internal.CountingActor.Answer;
import io.manta.benchmarks.internal.CountingActor.Call;
import io.manta.core.RemoteFunction;
import io.manta.objects.JobClasses;
import io.manta.objects.ValueCodec;
import java.io.NotSerializableException;
import java.nio.ByteBuffer;
import java.util.List;
import org.apache.pekko.serialization.ByteBufferSerializer;
import org.apache.pekko.serialization.SerializerWithStringManifest;

/// Calls and answers as bytes, as many as Manta's have: a binary head, and what users wrote by the
/// same codec as Manta's.
public final class CallSerializer extends SerializerWithStringManifest
    implements ByteBufferSerializer {
  /// What Manta's messages have ahead of the body: actor, incarnation, number and job of a call.
  private static final int CALL_HEAD = 53;

  private static final int ANSWER_HEAD = 38;

  private final ValueCodec codec =
      new ValueCodec(JobClasses.of(CallSerializer.class.getClassLoader()), List.of());

  @Override
  public int identifier() {
    return 7_399;
  }

  @Override
  public String manifest(Object value) {
    return value instanceof Call ? "C" : "A";
  }

  @Override
  public byte[] toBinary(Object value) {
    return switch (value) {
      case Call(long number, RemoteFunction<Counter, Integer> method) ->
          bytes(CALL_HEAD, number, codec.encode(method));
      case Answer(long number, int answer) -> bytes(ANSWER_HEAD, number, codec.encode(answer));
      default -> throw new IllegalArgumentException("neither call nor answer: " + value);
    };
  }

  private static byte[] bytes(int head, long number, byte[] body) {
    ByteBuffer out = ByteBuffer.allocate(head + body.length).putLong(number);
    return out.position(head).put(body).array();
  }

  @Override
  public void toBinary(Object value, ByteBuffer out) {
    out.put(toBinary(value));
  }

  @Override
  public Object fromBinary(byte[] bytes, String manifest) throws NotSerializableException {
    return fromBinary(ByteBuffer.wrap(bytes), manifest);
  }

  @Override
  public Object fromBinary(ByteBuffer in, String manifest) throws NotSerializableException {
    int start = in.position();
    long number = in.getLong();
    in.position(start + (manifest.equals("C") ? CALL_HEAD : ANSWER_HEAD));
    byte[] body = new byte[in.remaining()];
    in.get(body);
    Object value = codec.decode(body);
    if (manifest.equals("A") && value instanceof Integer answer) {
      return new Answer(number, answer);
    }
    if (manifest.equals("C") && value instanceof RemoteFunction<?, ?>) {
      return new Call(number, method(value));
    }
    throw new NotSerializableException("kind '" + manifest + "' with " + value);
  }

  /// Only this peer's processes send here.
  @SuppressWarnings("unchecked")
  private static RemoteFunction<Counter, Integer> method(Object value) {
    return (RemoteFunction<Counter, Integer>) value;
  }
}
