package io.manta.objects;

import com.esotericsoftware.kryo.kryo5.Kryo;
import com.esotericsoftware.kryo.kryo5.KryoException;
import com.esotericsoftware.kryo.kryo5.Serializer;
import com.esotericsoftware.kryo.kryo5.io.Input;
import com.esotericsoftware.kryo.kryo5.io.Output;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.Serializable;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.SerializedLambda;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// Lambdas and method references: a descriptor of the code, the same for every instance of one
/// lambda, and the captured values. The descriptor carries the hash of the capturing class, since
/// `lambda$7` names other code in another build.
final class LambdaSerializer extends Serializer<Object> {
  private static final int MOST_RECIPES = 10_000;

  /// Per lambda class on the writing side; the bytes need an instance and are made with the first.
  private static final class Descriptor {
    private final MethodHandle writeReplace;
    private volatile byte @Nullable [] bytes;

    Descriptor(MethodHandle writeReplace) {
      this.writeReplace = writeReplace;
    }

    byte[] bytes(SerializedLambda form, Object lambda) {
      byte[] known = bytes;
      if (known == null) {
        known = encode(form, lambda);
        bytes = known;
      }
      return known;
    }
  }

  /// Per descriptor on the reading side. A lambda that captures nothing is made once.
  private record Recipe(
      Class<?> capturing,
      String[] names,
      int kind,
      int captured,
      MethodHandle deserialize,
      @Nullable Object only) {}

  private static final ClassValue<Descriptor> DESCRIPTORS =
      new ClassValue<>() {
        @Override
        protected Descriptor computeValue(Class<?> type) {
          return describe(type);
        }
      };

  private final JobClasses classes;
  private final ConcurrentHashMap<ByteBuffer, Recipe> recipes = new ConcurrentHashMap<>();

  LambdaSerializer(JobClasses classes) {
    super(false, true);
    this.classes = classes;
  }

  @Override
  public void write(Kryo kryo, Output output, Object lambda) {
    Descriptor descriptor = DESCRIPTORS.get(lambda.getClass());
    SerializedLambda form = serialized(lambda, descriptor.writeReplace);
    byte[] bytes = descriptor.bytes(form, lambda);
    output.writeInt(bytes.length, true);
    output.writeBytes(bytes);
    for (int i = 0; i < form.getCapturedArgCount(); i++) {
      try {
        kryo.writeClassAndObject(output, form.getCapturedArg(i));
      } catch (RuntimeException e) {
        KryoException traced = e instanceof KryoException kryos ? kryos : new KryoException(e);
        traced.addTrace("captured[" + i + "] (lambda)");
        throw traced;
      }
    }
  }

  @Override
  public Object read(Kryo kryo, Input input, Class<? extends Object> type) {
    byte[] bytes = input.readBytes(input.readInt(true));
    Recipe recipe = recipes.get(ByteBuffer.wrap(bytes));
    if (recipe == null) {
      recipe = recipe(bytes);
      if (recipes.size() < MOST_RECIPES) {
        recipes.put(ByteBuffer.wrap(bytes), recipe);
      }
    }
    if (recipe.only != null) {
      return recipe.only;
    }
    var captured = new Object[recipe.captured];
    for (int i = 0; i < captured.length; i++) {
      captured[i] = kryo.readClassAndObject(input);
    }
    return make(recipe, captured);
  }

  private static Object make(Recipe recipe, Object[] captured) {
    String[] n = recipe.names;
    var form =
        new SerializedLambda(
            recipe.capturing, n[0], n[1], n[2], recipe.kind, n[3], n[4], n[5], n[6], captured);
    try {
      return recipe.deserialize.invoke(form);
    } catch (Throwable e) {
      throw new KryoException("a lambda of " + recipe.capturing.getName() + " can't be made", e);
    }
  }

  private Recipe recipe(byte[] bytes) {
    try (var in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      String className = in.readUTF();
      long hash = in.readLong();
      var names = new String[7];
      for (int i = 0; i < names.length; i++) {
        names[i] = in.readUTF();
      }
      int kind = in.readInt();
      int captured = in.readInt();
      Class<?> capturing = classes.load(className, hash);
      Method method = capturing.getDeclaredMethod("$deserializeLambda$", SerializedLambda.class);
      method.setAccessible(true);
      MethodHandle deserialize = MethodHandles.lookup().unreflect(method);
      var recipe = new Recipe(capturing, names, kind, captured, deserialize, null);
      return captured > 0
          ? recipe
          : new Recipe(capturing, names, kind, 0, deserialize, make(recipe, new Object[0]));
    } catch (IOException | ReflectiveOperationException e) {
      throw new KryoException("the code of a lambda can't be found: " + e.getMessage(), e);
    }
  }

  private static byte[] encode(SerializedLambda form, Object lambda) {
    var bytes = new ByteArrayOutputStream();
    String capturing = form.getCapturingClass().replace('/', '.');
    try (var out = new DataOutputStream(bytes)) {
      out.writeUTF(capturing);
      out.writeLong(
          ClassSource.hash(Class.forName(capturing, false, lambda.getClass().getClassLoader())));
      out.writeUTF(form.getFunctionalInterfaceClass());
      out.writeUTF(form.getFunctionalInterfaceMethodName());
      out.writeUTF(form.getFunctionalInterfaceMethodSignature());
      out.writeUTF(form.getImplClass());
      out.writeUTF(form.getImplMethodName());
      out.writeUTF(form.getImplMethodSignature());
      out.writeUTF(form.getInstantiatedMethodType());
      out.writeInt(form.getImplMethodKind());
      out.writeInt(form.getCapturedArgCount());
    } catch (IOException | ClassNotFoundException e) {
      throw new KryoException("a lambda of " + capturing + " can't be described", e);
    }
    return bytes.toByteArray();
  }

  private static SerializedLambda serialized(Object lambda, MethodHandle writeReplace) {
    try {
      return (SerializedLambda) writeReplace.invoke(lambda);
    } catch (Throwable e) {
      throw new KryoException("a lambda can't be described", e);
    }
  }

  private static Descriptor describe(Class<?> type) {
    if (!Serializable.class.isAssignableFrom(type)) {
      throw new IllegalArgumentException(
          ClassAdmission.readable(type)
              + " can't travel: its functional interface does not extend java.io.Serializable");
    }
    try {
      Method method = type.getDeclaredMethod("writeReplace");
      method.setAccessible(true);
      return new Descriptor(MethodHandles.lookup().unreflect(method));
    } catch (ReflectiveOperationException e) {
      throw new IllegalArgumentException(
          ClassAdmission.readable(type) + " can't travel: it is not a lambda of Java's", e);
    }
  }
}
