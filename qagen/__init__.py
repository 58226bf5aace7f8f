"""qagen: documents become chunks, chunks become requests, replies become question-answer pairs, pairs are remembered
per document, and remembered documents become one dataset that a trainer can load.

The package follows that sentence from top to bottom. Imports only point up this list: a room may use rooms of a lower
rank, and of its own rank those listed above it (`tests/test_architecture.py` enforces it).

    rank 0, ground: known by all, knows nobody
      errors          what can go wrong, by what the caller does next
      redaction       what may be shown and logged: no keys, no control characters
      formats/        every file on disk as one pydantic model
      llm/providers   PROVIDERS: one row per host; a new host is a row here
      llm/types       ChatRequest, ChatReply, Usage, HttpCall, and the Wire protocol
      llm/prices      what tokens cost; the table is prices.toml

    rank 1, doors to the world
      settings        flags + environment + config.env -> Settings                         (environment)
      extras          how the optional libraries are installed                             (what is installed)
      files           read a file whole; replace it in one step; hold a directory          (disk)
      llm/            everything that knows HTTP                                           (network)
        limits/       how fast to send, how long to wait, when to give up: decides, does no I/O
        hints         what the headers of an answer say of limits and waiting
        faults        status + headers + body -> what to do about it
        schemas       one portable JSON schema, adapted to what each dialect accepts
        openai_chat   build_request, parse_reply, parse_error: the Chat Completions dialect
        anthropic     the same three functions: Messages
        gemini        the same three functions: generateContent
        ollama        the same three functions: /api/chat; a new dialect is a module like these
        vectors       the vectors of a reply as one matrix, or why not
        openai_embeddings, gemini_embeddings, ollama_embeddings
                      how each dialect is asked for vectors: build_request, parse_reply
        rules/        an in-process transport that answers without a model
        fast          aiohttp under httpx, where qagen[fast] is installed
        route         what carries requests, and through which proxy
        transport     the HTTP clients, and what their exceptions mean in our words
        exchange      one request and its whole answer, bounded in time and size
        meter         what was sent so far, in figures
        gate          where every request waits for its turn
        tries         how often a request is tried, and what the others hear of its failures
        client        wait for the turn, understand, try again: the only one who sends

    rank 2, the river: one noun each, pure (disk only through files)
      documents/      bytes -> Document(text, title, headings, pages); a new format is a module and a row in READERS
      cutting/        Document -> [Chunk]; a new strategy is a row in STRATEGIES
      corpus          folders -> chunk files and QA files
      spending        the account beside the vectors -> what embeddings took in all runs
      prompts/        Chunk -> ChatRequest; the templates are text files beside the code
      pairs/          reply text -> [Pair], or the reason why not
      checks/         Pair + Chunk -> check codes; a new check is a row in RULES and a function
      state/          keys, fingerprint, matching, the open document: what is done, what is next
      search/         the chunks of a run, found by words
      negatives/      pair + corpus -> passages with its words that do not answer it; a new guard is a row in GUARDS
      dataset/        [QA file] -> training data
      exports/        training data -> the forms that trainers load; a new one is a row in EXPORTS and a function

    rank 3, the pump: joins the river and the model
      intake/         documents -> chunk files, strangers' bytes in a child process        (qagen chunk)
      overview        files -> how far each document is                                    (qagen status)
      diagnosis       QA files, negatives and the error log -> what went wrong, what helps (qagen errors)
      inspection/     any file of questions and answers -> what the checks say            (qagen check)
      pump/           items -> requests -> replies -> results -> state, saved as they come
      embedding/      texts -> vectors, kept on the disk -> which passages are near a question in meaning
      runs/           what every run with a model has in common: its job, its account, its error log
      generate/       the pump's task that makes pairs                                     (qagen generate-qa)
      mine/           the pump's task that makes negatives                                 (qagen mine-negatives)
      doctor          settings and a host -> what works and what does not                  (qagen doctor)

    rank 4
      workers         run the pump here; the only event loop, the only signal handlers

    rank 5
      cli/            argv in, text out: one module per command
"""

__version__ = "0.1.0"
