# The app on the Azure Functions host. DEPLOYMENT_GUIDE.md says how to build and run it, and what
# was and was not proved about it. To pin the base, give its digest: image:tag@sha256:...
ARG FUNCTIONS_IMAGE=mcr.microsoft.com/azure-functions/python:4-python3.13
FROM ${FUNCTIONS_IMAGE}

SHELL ["/bin/bash", "-o", "pipefail", "-c"]

# Which distribution the base image is changes from month to month, and ffmpeg's version with it, so
# neither is pinned: what matters is proved below.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ffmpeg \
    && rm -rf /var/lib/apt/lists/*

COPY requirements.txt /
RUN python -m pip install --no-cache-dir --require-hashes --requirement /requirements.txt

# .dockerignore names the files that this takes. They belong to root: the app cannot change its own
# code, which is also why its bytecode is written now.
COPY . /home/site/wwwroot
RUN python -m compileall -q /home/site/wwwroot

# The host keeps logs and ASP.NET's keys under its home, and makes a folder for function keys in its
# own place when they are not kept in storage. It needs nothing else to be its own.
RUN useradd --system --uid 10001 --home-dir /home --no-create-home \
        --shell /usr/sbin/nologin mediaprocessor \
    && mkdir -p /azure-functions-host/Secrets \
    && chown mediaprocessor: /home /azure-functions-host/Secrets

# A port below 1024 belongs to root. Where a platform insists on the base image's own way, build
# with RUN_AS=root and LISTEN_PORT=80.
ARG RUN_AS=mediaprocessor
ARG LISTEN_PORT=8080
ENV AzureWebJobsScriptRoot=/home/site/wwwroot \
    AzureFunctionsJobHost__Logging__Console__IsEnabled=true \
    ASPNETCORE_URLS=http://+:${LISTEN_PORT} \
    # In bytes. A video of 500 MB in a form, and what is beside it; the host's own limit is 100 MiB, and
    # it answers a bare 500 to more.
    FUNCTIONS_REQUEST_BODY_SIZE_LIMIT=576716800 \
    # HTTP streaming needs it up to Python 3.12; later versions always do it.
    PYTHON_ENABLE_INIT_INDEXING=1 \
    # More than all triggers of host.json together may hold at once (6 jobs, 6 poisoned messages,
    # 4 uploads, the sweep): a waiting message's time runs too.
    PYTHON_THREADPOOL_THREAD_COUNT=24 \
    # Else each thread's own heap grows to its largest picture and stays so: in an hour of work on a
    # busy machine the worker grew by 1.6 MiB with two heaps, and by 4.6 without a limit.
    MALLOC_ARENA_MAX=2

WORKDIR /home/site/wwwroot
USER ${RUN_AS}
EXPOSE ${LISTEN_PORT}

# The build stops here if the image cannot do what the app promises, as the user that will do it.
RUN cat /etc/os-release && ffmpeg -hide_banner -version && ffprobe -hide_banner -version | head -n 1 \
    && python -c "from processing.tools import missing_tools; raise SystemExit(', '.join(missing_tools()) or 0)" \
    && ffmpeg -hide_banner -loglevel error \
        -f lavfi -i testsrc2=size=128x72:rate=10:duration=1 -f lavfi -i sine=duration=1 \
        -vf "bwdif,format=yuv420p10le,setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc,\
zscale=transfer=linear:npl=100,format=gbrpf32le,zscale=primaries=bt709,tonemap=hable,zscale=transfer=bt709:matrix=bt709:range=tv,scale=64:-2,format=yuv420p" \
        -c:v libx264 -c:a aac -movflags +faststart -f mp4 /tmp/proof.mp4 \
    && for decoder in h264 hevc vp8 vp9 libdav1d mpeg4 wmv2 flv prores mjpeg gif aac mp3 vorbis opus wmav2; do \
        ffmpeg -hide_banner -h decoder="${decoder}" | grep --quiet '^Decoder ' || { echo "ffmpeg has no decoder ${decoder}" >&2; exit 1; }; \
    done \
    && python -c "import io, PIL.Image as I, pillow_heif as h; h.register_heif_opener(); \
[I.open((b := io.BytesIO(), I.new('RGB', (8, 8)).save(b, f))[0]).load() for f in ('WEBP', 'AVIF', 'HEIF')]; print('Pillow writes and reads WebP, AVIF and HEIF')" \
    && rm /tmp/proof.mp4

HEALTHCHECK --interval=30s --timeout=10s --start-period=120s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['ASPNETCORE_URLS'].rsplit(':', 1)[1] + '/api/health', timeout=8)"]
