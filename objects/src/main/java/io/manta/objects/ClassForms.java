package io.manta.objects;

import com.esotericsoftware.kryo.kryo5.KryoException;
import com.esotericsoftware.kryo.kryo5.Registration;
import com.esotericsoftware.kryo.kryo5.Serializer;
import com.esotericsoftware.kryo.kryo5.io.Input;
import com.esotericsoftware.kryo.kryo5.io.Output;
import com.esotericsoftware.kryo.kryo5.util.DefaultClassResolver;
import com.esotericsoftware.kryo.kryo5.util.IdentityObjectIntMap;
import io.manta.core.ValueSerializer;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/// The classes of one value on the wire. The first object of a class that has no number carries the
/// class's *form*: its name, and the names and kinds of its fields, or the class of its serializer.
/// A reader whose class has the same form reads without looking at names; else it matches them.
final class ClassForms extends DefaultClassResolver {
  /// More are read anew each time, so that hostile bytes can't fill the memory.
  private static final int MOST_KNOWN = 4096;

  /// Read by a serializer that both sides have for the type.
  private static final byte NAMED = 0;

  private static final byte FIELDS = 1;

  /// Read by a serializer of the user's, whose class is named.
  private static final byte SERIALIZER = 2;

  private static final class Formed extends Registration {
    private final byte[] form;

    Formed(Class<?> type, Serializer<?> serializer, byte[] form) {
      super(type, serializer, NAME);
      this.form = form;
    }
  }

  private final JobClasses classes;
  private final AllowList allowed;
  private final ConcurrentMap<Class<?>, ValueSerializer<?>> serializers;
  private final References references;

  /// Types whose implementations are many and hidden, such as paths and buffers.
  private final List<Class<?>> families = new ArrayList<>();

  private final Map<ByteBuffer, Registration> known = new HashMap<>();
  private final List<Registration> read = new ArrayList<>();

  /// @param serializers of the user's, by the exact type; shared by all readers of the codec
  ClassForms(
      JobClasses classes,
      AllowList allowed,
      ConcurrentMap<Class<?>, ValueSerializer<?>> serializers,
      References references) {
    this.classes = classes;
    this.serializers = serializers;
    this.allowed = allowed;
    this.references = references;
  }

  /// Every class that extends or implements a type travels as that type.
  void addFamily(Class<?> type) {
    families.add(type);
  }

  @Override
  @SuppressWarnings("rawtypes")
  public @Nullable Registration getRegistration(Class type) {
    Registration registration = super.getRegistration(type);
    if (registration != null) {
      return registration;
    }
    for (Class<?> family : families) {
      if (family.isAssignableFrom(type)) {
        Registration shared = super.getRegistration(family);
        classToRegistration.put(type, shared);
        return shared;
      }
    }
    if (Proxy.isProxyClass(type)) {
      throw new IllegalArgumentException(proxyStays(type));
    }
    return null;
  }

  private static String proxyStays(Class<?> type) {
    String face =
        Arrays.stream(type.getInterfaces()).map(Class::getSimpleName).findFirst().orElse("nothing");
    return "a proxy of %s stays in its process; where it is a view of an actor, capture the handle and call as(%s.class) there"
        .formatted(face, face);
  }

  @Override
  @SuppressWarnings("rawtypes")
  public Registration registerImplicit(Class type) {
    return register(formed(type));
  }

  private Formed formed(Class<?> type) {
    allowed.check(type);
    Serializer<?> serializer = serializer(type);
    return new Formed(type, serializer, form(type, serializer));
  }

  private Serializer<?> serializer(Class<?> type) {
    NotAValue stays = type.getAnnotation(NotAValue.class);
    if (stays != null) {
      return new RefusingSerializer(type, stays);
    }
    ValueSerializer<?> users = serializers.get(type);
    return users == null
        ? kryo.getDefaultSerializer(type)
        : new UserSerializer<>(users, true, List.of());
  }

  @Override
  @SuppressWarnings("rawtypes")
  protected void writeName(Output output, Class type, Registration registration) {
    output.writeByte(NAME + 2);
    // The type may be a body of an enum's constant, the registration is the enum's.
    Class<?> written = registration.getType();
    if (classToNameId == null) {
      classToNameId = new IdentityObjectIntMap<>();
    }
    int number = classToNameId.get(written, -1);
    if (number >= 0) {
      output.writeVarInt(number, true);
      return;
    }
    number = nextNameId++;
    classToNameId.put(written, number);
    output.writeVarInt(number, true);
    byte[] form = ((Formed) registration).form;
    output.writeVarInt(form.length, true);
    output.writeBytes(form);
  }

  private static byte[] form(Class<?> type, Serializer<?> serializer) {
    var bytes = new ByteArrayOutputStream();
    try (var out = new DataOutputStream(bytes)) {
      Utf8.write(out, type.getName());
      switch (serializer) {
        case ObjectSerializer fields -> {
          out.writeByte(FIELDS);
          Shape.Part[] parts = fields.shape().parts();
          out.writeInt(parts.length);
          for (Shape.Part part : parts) {
            out.writeByte(part.kind());
            Utf8.write(out, part.name());
          }
        }
        case UserSerializer<?> user when user.travels() -> {
          out.writeByte(SERIALIZER);
          Utf8.write(out, user.serializer().getClass().getName());
        }
        default -> out.writeByte(NAMED);
      }
    } catch (IOException e) {
      throw new KryoException(e);
    }
    return bytes.toByteArray();
  }

  @Override
  protected Registration readName(Input input) {
    int number = input.readVarInt(true);
    if (number >= 0 && number < read.size()) {
      return read.get(number);
    }
    if (number != read.size()) {
      throw new KryoException("a class by a number that none has; the bytes are damaged");
    }
    int length = ((BoundedInput) input).claim(input.readVarInt(true), 1);
    ByteBuffer form = ByteBuffer.wrap(input.getBuffer(), input.position(), length);
    Registration registration = known.get(form);
    if (registration == null) {
      byte[] copy = new byte[length];
      form.duplicate().get(copy);
      registration = resolve(copy);
      if (known.size() < MOST_KNOWN) {
        known.put(ByteBuffer.wrap(copy), registration);
      }
    }
    input.skip(length);
    read.add(registration);
    return registration;
  }

  private Registration resolve(byte[] bytes) {
    ByteBuffer form = ByteBuffer.wrap(bytes);
    Class<?> type = load(Utf8.read(form));
    int kind = form.get();
    if (kind == SERIALIZER) {
      learn(type, load(Utf8.read(form)));
    }
    Registration own = kryo.getRegistration(type);
    if (own instanceof Formed formed && Arrays.equals(formed.form, bytes)) {
      return own;
    }
    if (kind == FIELDS && own.getSerializer() instanceof ObjectSerializer fields) {
      return new Registration(
          type, new ObjectSerializer(fields.shape(), references, fields(form, fields)), NAME);
    }
    throw new KryoException(
        type.getName() + " was written in another way than it is read here; the builds differ");
  }

  private Class<?> load(String name) {
    try {
      Class<?> type = classes.load(name);
      allowed.checkArrived(type);
      return type;
    } catch (ClassNotFoundException e) {
      throw new KryoException("class " + name + " is not known here", e);
    }
  }

  private static ObjectSerializer.Written[] fields(ByteBuffer form, ObjectSerializer here) {
    int count = form.getInt();
    if (count < 0 || count > form.remaining()) {
      throw new KryoException(count + " fields; the bytes are damaged");
    }
    var targets = new HashMap<String, Shape.Part>();
    for (Shape.Part part : here.shape().parts()) {
      targets.put(part.name(), part);
    }
    var fields = new ObjectSerializer.Written[count];
    for (int i = 0; i < count; i++) {
      char kind = (char) form.get();
      String name = Utf8.read(form);
      fields[i] = new ObjectSerializer.Written(name, kind, targets.get(name));
    }
    return fields;
  }

  /// Takes up a serializer that came with a value of the type, for this reader and all others.
  private void learn(Class<?> type, Class<?> implementation) {
    ValueSerializer<?> serializer = serializers.get(type);
    if (serializer != null && serializer.getClass() == implementation) {
      return;
    }
    try {
      serializer =
          (ValueSerializer<?>)
              implementation.asSubclass(ValueSerializer.class).getConstructor().newInstance();
    } catch (ReflectiveOperationException e) {
      throw new KryoException(
          implementation.getName() + " needs a public constructor without parameters", e);
    }
    if (!serializer.type().isAssignableFrom(type)) {
      throw new KryoException(
          implementation.getName() + " reads no " + type.getName() + "; the bytes are damaged");
    }
    serializers.put(type, serializer);
    register(formed(type));
  }

  @Override
  public void reset() {
    super.reset();
    read.clear();
  }
}
